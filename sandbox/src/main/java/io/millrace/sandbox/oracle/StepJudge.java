package io.millrace.sandbox.oracle;

import static io.millrace.sandbox.oracle.account.Finding.Kind.BATCH_CHANGED;
import static io.millrace.sandbox.oracle.account.Finding.Kind.BATCH_NOT_WHOLE;
import static io.millrace.sandbox.oracle.account.Finding.Kind.CONTENTS_DIFFER;
import static io.millrace.sandbox.oracle.account.Finding.Kind.CONTRADICTION;
import static io.millrace.sandbox.oracle.account.Finding.Kind.DISCARD_UNFOUNDED;
import static io.millrace.sandbox.oracle.account.Finding.Kind.FUTURE;
import static io.millrace.sandbox.oracle.account.Finding.Kind.LOST;
import static io.millrace.sandbox.oracle.account.Finding.Kind.STALE;
import static io.millrace.sandbox.oracle.account.Finding.Kind.STEP_OUT_OF_ORDER;
import static io.millrace.sandbox.oracle.account.Finding.Kind.TRAINED_TWICE;

import io.millrace.sandbox.oracle.account.SeenResult;
import io.millrace.sandbox.oracle.account.Steps;
import io.millrace.sandbox.oracle.account.TopicAccount;
import io.millrace.sandbox.oracle.account.TrainerAccount;
import io.millrace.sandbox.trainer.TrainerJournal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Steps: their order, what the trainer received of them, and that they were fresh. Pure; judges once. */
record StepJudge(TopicAccount topics, Steps steps, TrainerAccount trainer, Rules rules, Findings findings) {
    /**
     * Steps of a lineage follow each other from where it was opened; none is trained of a group that another has spent,
     * but for the recorded steps that a lineage repeats, which are the same.
     *
     * @return every group of an acknowledged step
     */
    Set<Long> judgeAcknowledgements() {
        Map<Long, Long> lastStep = new HashMap<>();
        Map<Long, Steps.Id> spent = new HashMap<>();
        for (Steps.Id id : steps.acknowledged) {
            judgeOrder(id, lastStep.put(id.lineage(), id.step()));
            Steps.Lease lease = steps.acknowledgedLease(id);
            if (lease == null) {
                findings.add(CONTRADICTION, id + " was acknowledged and never leased");
            } else if (steps.isReplay(id)) {
                judgeReplay(id, lease);
            } else {
                for (Steps.Entry entry : lease.groups()) {
                    Steps.Id before = spent.put(entry.groupIndex(), id);
                    if (before != null) {
                        findings.trainedTwice++;
                        findings.add(
                                TRAINED_TWICE, "group " + entry.groupIndex() + " is in " + before + " and in " + id);
                    }
                }
            }
        }
        return spent.keySet();
    }

    private void judgeOrder(Steps.Id id, @Nullable Long last) {
        Steps.Resume resume = steps.resumes.get(id.lineage());
        long first = resume == null ? 0 : resume.step();
        if (id.step() != (last == null ? first : last + 1)) {
            findings.add(
                    STEP_OUT_OF_ORDER, id + " was acknowledged after " + (last == null ? "nothing" : "step " + last));
        }
        if (id.lineage() > 0 && resume == null) {
            findings.add(CONTRADICTION, id + " is of a lineage that was never opened");
        }
    }

    private void judgeReplay(Steps.Id id, Steps.Lease lease) {
        Steps.Lease before = steps.replayed(id);
        if (before == null || !before.groups().equals(lease.groups())) {
            findings.add(BATCH_CHANGED, id + " is replayed with other groups than were recorded");
        }
    }

    /** What the trainer received is what was leased, and its acknowledgements stand. */
    void judgeReceptions() {
        Set<Steps.Id> acknowledged = new HashSet<>(steps.acknowledged);
        trainer.problems.forEach(
                (id, problems) -> problems.forEach(problem -> findings.add(BATCH_NOT_WHOLE, id + ": " + problem)));
        trainer.received.forEach((id, receptions) -> {
            Map<String, TrainerAccount.Batch> first = new LinkedHashMap<>();
            for (TrainerAccount.Batch batch : receptions) {
                TrainerAccount.Batch before = first.putIfAbsent(batch.lease(), batch);
                if (before != null && !before.equals(batch)) {
                    findings.add(BATCH_CHANGED, id + " was received as different batches");
                }
            }
            first.values().forEach(batch -> judgeBatch(id, batch));
        });
        for (Steps.Id id : acknowledged) {
            if (!trainer.acknowledging.contains(id) || !trainer.received.containsKey(id)) {
                findings.add(CONTRADICTION, id + " is acknowledged, and the trainer did not do it");
            }
        }
        for (Steps.Id id : trainer.acknowledged) {
            if (!acknowledged.contains(id)) {
                findings.add(LOST, "the acknowledgement of " + id + " was answered and is not on the topic");
            }
        }
        for (long lineage : steps.resumes.keySet()) {
            if (!trainer.resumed.contains(lineage)) {
                findings.add(CONTRADICTION, "lineage " + lineage + " was opened, and the trainer did not do it");
            }
        }
    }

    private void judgeBatch(Steps.Id id, TrainerAccount.Batch batch) {
        judgeShape(id, batch.groups());
        Steps.Lease lease = steps.lease(id, batch.lease());
        if (lease == null) {
            findings.add(CONTRADICTION, id + " was received and never leased");
            return;
        }
        long[] leased =
                lease.groups().stream().mapToLong(Steps.Entry::groupIndex).toArray();
        long[] received = batch.groups().stream()
                .mapToLong(TrainerJournal.Line.Group::index)
                .toArray();
        if (!Arrays.equals(leased, received) || lease.weightVersion() != batch.weightVersion() + lease.offset()) {
            findings.add(
                    BATCH_CHANGED,
                    id + " was leased at version " + lease.weightVersion() + " with groups " + Arrays.toString(leased)
                            + " and received at version " + batch.weightVersion() + " with "
                            + Arrays.toString(received));
            return;
        }
        for (int i = 0; i < received.length; i++) {
            judgeGroup(id, lease, lease.groups().get(i), batch.groups().get(i));
        }
    }

    private void judgeShape(Steps.Id id, List<TrainerJournal.Line.Group> batch) {
        if (batch.size() != rules.batchGroups()) {
            findings.add(BATCH_NOT_WHOLE, id + " has " + batch.size() + " groups, not " + rules.batchGroups());
        }
        long last = -1;
        for (TrainerJournal.Line.Group group : batch) {
            if (group.index() <= last) {
                findings.add(BATCH_NOT_WHOLE, id + " has group " + group.index() + " after group " + last);
            }
            if (group.samples() != rules.samplesPerGroup()) {
                findings.add(
                        BATCH_NOT_WHOLE,
                        id + " has group " + group.index() + " with " + group.samples() + " samples, not "
                                + rules.samplesPerGroup());
            }
            last = group.index();
        }
    }

    /** A trained group is, bit for bit, the result that its lease names; and it is fresh. */
    private void judgeGroup(Steps.Id id, Steps.Lease lease, Steps.Entry entry, TrainerJournal.Line.Group group) {
        String name = "group " + entry.groupIndex() + " of " + id;
        // What the broker lost after it was handed over was there when it was.
        SeenResult result = Stream.concat(
                        topics.results.getOrDefault(entry.groupIndex(), List.of()).stream(),
                        topics.vanished.getOrDefault(entry.groupIndex(), List.of()).stream())
                .filter(seen -> seen.partition() == entry.partition()
                        && entry.offsets().equals(seen.offsets())
                        && seen.attempt() == entry.attempt()
                        && seen.samples() == group.samples()
                        && seen.digest().equals(group.digest()))
                .findFirst()
                .orElse(null);
        if (result == null) {
            findings.add(
                    CONTENTS_DIFFER,
                    name + " is not what stands at results-" + entry.partition() + "@" + entry.offsets());
            return;
        }
        judgeFreshness(id, name, lease, group, result);
        if (rules.filters().contains("zero-std") && result.rewardsEqual()) {
            findings.add(DISCARD_UNFOUNDED, name + " is trained, and its rewards do not differ");
        }
    }

    /**
     * No token is older than the bound, none is of weights that the run did not have at hand-over, none of a version that
     * its lineage came to only after it had been generated: that was another lineage's.
     */
    private void judgeFreshness(
            Steps.Id id, String name, Steps.Lease lease, TrainerJournal.Line.Group group, SeenResult result) {
        long weightVersion = lease.weightVersion();
        // Engines may have been asked under an earlier count, whose words say nothing now.
        boolean words = result.lineage() == id.lineage();
        long wordsOldest = words ? group.oldest() + lease.offset() : weightVersion;
        long wordsNewest = words ? group.newest() + lease.offset() : weightVersion;
        long oldest = result.versions().isEmpty()
                ? wordsOldest
                : Math.min(wordsOldest, result.versions().getFirst());
        long newest = result.versions().isEmpty()
                ? wordsNewest
                : Math.max(wordsNewest, result.versions().getLast());
        if (oldest < weightVersion - rules.maxStaleness()) {
            findings.stale++;
            findings.add(
                    STALE,
                    name + " has a token of version " + oldest + ", handed over at " + weightVersion + ": more than "
                            + rules.maxStaleness() + " versions");
        }
        if (newest > weightVersion) {
            future(name + " has a token of version " + newest + ", handed over at " + weightVersion);
            return;
        }
        Steps.Resume resume = steps.resumes.get(id.lineage());
        if (resume == null || steps.isReplay(id)) {
            return;
        }
        result.versions().stream()
                .filter(version -> version > resume.weightVersion())
                .map(version ->
                        trainer.announced.get(new TrainerAccount.Version(id.lineage(), version - lease.offset())))
                .filter(Objects::nonNull)
                .filter(atMs -> result.appendedAtMs() < atMs)
                .findFirst()
                .ifPresent(atMs -> future(name + " has tokens of versions " + result.versions() + " and was there "
                        + (atMs - result.appendedAtMs()) + " ms before lineage " + id.lineage() + " came to them"));
    }

    private void future(String details) {
        findings.future++;
        findings.add(FUTURE, details);
    }
}
