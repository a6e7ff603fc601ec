package io.millrace.ops.trace;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.StepNumber;
import io.millrace.common.record.AttemptHistory.AttemptEnd;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleTiming;
import io.millrace.common.topics.Lane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the records of a run's topics come to for one group. Every time is the broker's: that of the record, and for what a
 * worker did before its record, so much earlier by the worker's own stopwatch; no two clocks are compared. Records of each
 * topic are taken in order, tasks before results before receipts before steps. Pure; one owner.
 */
final class GroupLife {
    private static final String PRODUCER = "producer";
    private static final String TRAINER = "trainer consumer";

    private final GroupIndex group;
    private final List<Moment> moments = new ArrayList<>();
    private final List<Stretch> stretches = new ArrayList<>();
    private final Map<Attempt, Long> issuedMs = new HashMap<>();
    /** When its newest result came. */
    private @Nullable Long finishedMs;
    /** Leased with it and not acknowledged. */
    private StepRecord.@Nullable Lease open;

    private long openedMs;
    private @Nullable Long admittedMs;
    private String end = "not settled yet";

    GroupLife(GroupIndex group) {
        this.group = group;
    }

    /** A task stands on a lane. */
    void task(Lane lane, TrainingTask task, long atMs) {
        issuedMs.put(task.attempt(), atMs);
        if (lane == Lane.TRAINING) {
            admittedMs = atMs;
            say(
                    atMs,
                    PRODUCER,
                    "admitted at weight version " + task.issueVersion() + ", " + task.samples() + " samples");
            return;
        }
        List<AttemptEnd> ends = task.history().ends();
        say(
                atMs,
                PRODUCER,
                "issued again, attempt " + task.attempt() + " at weight version " + task.issueVersion()
                        + (ends.isEmpty() ? "" : ", for attempt " + ended(ends.getLast()))
                        + (task.partial() == null
                                ? ""
                                : "; goes on behind " + task.partial().responseTokens() + " tokens"));
    }

    private static String ended(AttemptEnd end) {
        return end.attempt() + " " + end.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": " + end.cause();
    }

    /** An attempt has ended; of one that succeeded the result tells more. */
    void receipt(Receipt receipt, long atMs) {
        String who = receipt.worker().equals(Receipt.PRODUCER)
                ? PRODUCER
                : receipt.worker().workerId();
        String attempt = "attempt " + receipt.attempt();
        switch (receipt.outcome()) {
            case Receipt.Success _ -> say(atMs, who, attempt + " is acknowledged: its receipt is there");
            case Receipt.Failure failure -> {
                claimed(receipt, atMs, who);
                say(atMs, who, attempt + " failed: " + failure.kind() + ": " + failure.message());
            }
            case Receipt.HandedBack back -> {
                claimed(receipt, atMs, who);
                say(
                        atMs,
                        who,
                        attempt + " is handed back: " + back.reason()
                                + (back.partial() == null
                                        ? ""
                                        : ", with " + back.partial().responseTokens() + " tokens"));
            }
            case Receipt.Abandoned _ -> say(atMs, who, "given up: every attempt failed");
        }
    }

    private void claimed(Receipt receipt, long atMs, String who) {
        claimed(receipt.attempt(), who, atMs - receipt.durationMs(), atMs);
    }

    private void claimed(Attempt attempt, String who, long claimedMs, long untilMs) {
        say(claimedMs, who, "attempt " + attempt + " is claimed");
        Long issued = issuedMs.get(attempt);
        if (issued != null) {
            stretches.add(new Stretch(Math.min(issued, claimedMs), claimedMs, PRODUCER, 0, "queued"));
        }
        stretches.add(new Stretch(claimedMs, untilMs, who, 0, "attempt " + attempt));
    }

    /** A result stands in {@code results}. */
    void result(GroupHeader header, long atMs) {
        String who = header.worker().workerId();
        long claimedMs = atMs - Math.max(0, header.finishedAtMs() - header.claimedAtMs());
        claimed(header.attempt(), who, claimedMs, atMs);
        List<SampleTiming> timings = header.timings() == null ? List.of() : header.timings();
        for (SampleTiming timing : timings) {
            sample(header, timing, claimedMs, who);
        }
        long tokens = header.samples().stream()
                .mapToLong(SampleHeader::responseLength)
                .sum();
        say(
                atMs,
                who,
                "attempt " + header.attempt() + " is published: " + tokens + " tokens of weight versions "
                        + header.oldestWeightVersion() + " to " + header.newestWeightVersion() + ", mean reward "
                        + number(header.rewards().mean()));
        finishedMs = atMs;
    }

    private void sample(GroupHeader header, SampleTiming timing, long claimedMs, String who) {
        long startedMs = claimedMs + timing.startedMs();
        List<SampleHeader> made = header.samples().stream()
                .filter(sample -> sample.index() == header.groupIndex().sampleIndex(timing.sample(), header.rollouts()))
                .toList();
        StringBuilder line = new StringBuilder("sample " + timing.sample() + " has its slot");
        Long token = timing.firstTokenMs();
        Long ended = timing.endedMs();
        Long judged = timing.judgedMs();
        if (token != null) {
            line.append("; first token ").append(after(timing.startedMs(), token));
            stretches.add(new Stretch(
                    startedMs, claimedMs + token, who, timing.sample() + 1, "sample " + timing.sample() + ": prompt"));
        }
        if (ended != null) {
            line.append("; ends ").append(after(timing.startedMs(), ended));
            for (SampleHeader one : made) {
                line.append(" with ")
                        .append(one.responseLength())
                        .append(" tokens (")
                        .append(one.finishReason())
                        .append(')');
            }
            stretches.add(new Stretch(
                    claimedMs + (token == null ? timing.startedMs() : token),
                    claimedMs + ended,
                    who,
                    timing.sample() + 1,
                    "sample " + timing.sample()));
        }
        if (judged != null && ended != null) {
            line.append("; judged ").append(after(timing.startedMs(), judged));
            for (SampleHeader one : made) {
                line.append(", reward ").append(number(one.reward().value()));
            }
            stretches.add(new Stretch(
                    claimedMs + ended,
                    claimedMs + judged,
                    who,
                    timing.sample() + 1,
                    "sample " + timing.sample() + ": reward"));
        }
        say(startedMs, who, line.toString());
    }

    private static String after(long fromMs, long toMs) {
        return "after " + seconds(toMs - fromMs);
    }

    static String seconds(long ms) {
        return String.format(Locale.ROOT, "%.3f s", ms / 1_000.0);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value).replaceAll("\\.0+$|(\\.\\d*?)0+$", "$1");
    }

    /** A live worker's status shows the group. */
    void held(WorkersRecord.Status status, WorkersRecord.HeldGroup held, long atMs) {
        claimed(held.attempt(), status.worker().workerId(), atMs - (status.sentAtMs() - held.claimedAtMs()), atMs);
        say(
                atMs,
                status.worker().workerId(),
                "attempt " + held.attempt() + " is in flight as of its newest status: " + held.samplesDone()
                        + " samples done");
    }

    /** The trainer consumer's word on it, or on a step that it is in. */
    void step(StepRecord record, long atMs) {
        switch (record) {
            case StepRecord.Lease lease -> lease(lease, atMs);
            case StepRecord.Acknowledgement ack -> acknowledged(ack, atMs);
            case StepRecord.LeaseVoid gone -> {
                if (open != null && open.step().compareTo(gone.step()) >= 0) {
                    voided(atMs, gone.reason());
                }
            }
            case StepRecord.Resume resume -> {
                if (open != null) {
                    voided(atMs, "lineage " + resume.lineage() + " begins at step " + resume.step());
                }
            }
            case StepRecord.Discard discard -> {
                if (discard.groupIndex().equals(group)) {
                    settled(atMs, "discarded: " + discard.reason());
                }
            }
            case StepRecord.Abandonment abandonment -> {
                if (abandonment.groupIndex().equals(group)) {
                    settled(atMs, "abandoned: " + abandonment.cause());
                }
            }
            case StepRecord.Rejection rejection -> {
                if (rejection.groupIndex().equals(group)) {
                    say(
                            atMs,
                            TRAINER,
                            "the result of attempt " + rejection.attempt() + " is rejected: " + rejection.reason());
                }
            }
            case StepRecord.Missing missing -> {
                if (missing.groupIndex().equals(group)) {
                    say(
                            atMs,
                            TRAINER,
                            "the result of attempt " + missing.attempt() + " is missing: "
                                    + missing.reason().text());
                }
            }
            case StepRecord.Skip _, StepRecord.Snapshot _ -> {}
        }
    }

    private void lease(StepRecord.Lease lease, long atMs) {
        StepNumber step = lease.step();
        if (lease.groups().stream().noneMatch(entry -> entry.groupIndex().equals(group))
                || (open != null && open.leaseId().equals(lease.leaseId()))) {
            return;
        }
        open = lease;
        openedMs = atMs;
        say(
                atMs,
                TRAINER,
                "leased in step " + step + " of lineage " + lease.lineage() + " at weight version "
                        + lease.weightVersion());
        if (finishedMs != null) {
            stretches.add(new Stretch(finishedMs, atMs, TRAINER, 0, "waits for its step"));
        }
    }

    private void acknowledged(StepRecord.Acknowledgement ack, long atMs) {
        StepRecord.Lease lease = open;
        if (lease == null || !lease.leaseId().equals(ack.leaseId())) {
            return;
        }
        stretches.add(new Stretch(openedMs, atMs, TRAINER, 0, "leased in step " + lease.step()));
        settled(
                atMs,
                "trained in step " + lease.step() + " of lineage " + lease.lineage()
                        + (ack.newWeightVersion() == null ? "" : ", weight version " + ack.newWeightVersion()));
        open = null;
    }

    private void voided(long atMs, String why) {
        stretches.add(new Stretch(openedMs, atMs, TRAINER, 0, "leased, void"));
        say(atMs, TRAINER, "its lease is void: " + why);
        open = null;
    }

    private void settled(long atMs, String how) {
        end = how;
        say(atMs, TRAINER, how);
    }

    private void say(long atMs, String who, String what) {
        moments.add(new Moment(atMs, who, what));
    }

    /** In order of time; what has the same time, in the order of the records. */
    List<Moment> moments() {
        return moments.stream().sorted(Comparator.comparingLong(Moment::atMs)).toList();
    }

    List<Stretch> stretches() {
        return List.copyOf(stretches);
    }

    /** Its admission; the first thing known of it where its prompt is trimmed; empty where nothing is known. */
    Optional<Long> beginMs() {
        return admittedMs != null
                ? Optional.of(admittedMs)
                : moments.stream().map(Moment::atMs).min(Long::compare);
    }

    boolean isAdmissionKnown() {
        return admittedMs != null;
    }

    /** How it ended, in words. */
    String end() {
        return end;
    }

    /** From its admission to the last thing known of it. */
    Duration age() {
        long begin = beginMs().orElse(0L);
        return Duration.ofMillis(moments.stream().mapToLong(Moment::atMs).max().orElse(begin) - begin);
    }
}
