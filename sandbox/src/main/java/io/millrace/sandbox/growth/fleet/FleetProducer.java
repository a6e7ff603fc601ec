package io.millrace.sandbox.growth.fleet;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.producer.admission.Admission;
import io.millrace.producer.ledger.Decision;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.RecoveryLimits;
import io.millrace.producer.ledger.Reissues;
import io.millrace.producer.source.PromptOrder;
import io.millrace.sandbox.growth.record.Records;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The producer's ledger and admission, and what they read. */
final class FleetProducer {
    private static final int TURN_MICROS = 100_000;
    private static final int DECISIONS_MAX = 1_000;
    private static final RecoveryLimits LIMITS =
            new RecoveryLimits(3, 10, 10_000, Duration.ofMinutes(10).toMillis());

    private final FleetRun run;
    private final Timeline time;
    private final Ledger ledger = new Ledger(GroupKind.TRAINING, new Reissues(LIMITS));
    private final Liveness liveness = new Liveness(Duration.ofSeconds(4), Duration.ofSeconds(2));
    private final Admission admission;
    private Policy policy = Policy.initial();
    private long published;
    private long urgent;
    private long beat;
    private long nextBeatMillis;
    long reissued;

    final Timeline.Feed<Receipt> receipts;
    final Timeline.Feed<WorkersRecord.Status> statuses;
    final Timeline.Feed<StepRecord> steps;
    final Timeline.Feed<Policy> policies;
    private final Timeline.Feed<Long> beats;
    private long receiptsRead;

    FleetProducer(FleetRun run) {
        this.run = run;
        this.time = run.time;
        this.admission = new Admission(run.plan.capacity(), new PromptOrder(1, 1, false, 0), 0);
        this.receipts =
                time.new Feed<>(20, receipt -> ledger.receipt(receipt, receiptsRead++, time.millis()), () -> {});
        this.statuses = time.new Feed<>(50, status -> ledger.workerStatus(status, time.millis()), () -> {});
        this.beats = time.new Feed<>(50, number -> liveness.readBack(number, time.millis()), () -> {});
        this.steps = time.new Feed<>(20, ledger::step, () -> {});
        this.policies = time.new Feed<>(20, newest -> policy = newest, this::admit);
        time.after(0, this::turn);
    }

    private void turn() {
        if (run.isOver()) {
            return;
        }
        long nowMs = time.millis();
        if (!liveness.turn(nowMs)) {
            throw new IllegalStateException("the ledger noticed a gap at " + nowMs + " ms, and there was none");
        }
        if (nowMs >= nextBeatMillis) {
            nextBeatMillis = nowMs + 2_000;
            liveness.sent(++beat, nowMs);
            beats.append(beat);
        }
        for (Lane lane : Lane.of(GroupKind.TRAINING)) {
            ledger.queueStart(lane, run.taken(lane), nowMs);
        }
        ledger.doubtful(liveness, nowMs);
        for (Decision decision : ledger.due(liveness, nowMs, DECISIONS_MAX)) {
            decided(decision);
        }
        admit();
        time.after(TURN_MICROS, this::turn);
    }

    private void decided(Decision decision) {
        switch (decision) {
            case Decision.Reissue again -> {
                reissued++;
                issue(Lane.URGENT, again.group(), again.attempt(), again.history(), urgent++);
            }
            case Decision.Abandon end -> {
                long offset = run.giveUp(end.group(), end.last().attempt(), end.cause());
                run.receipts(Receipt.abandoned(end.group(), end.number(), 0, offset));
                ledger.givingUp(end.group(), end.number(), time.millis());
            }
        }
    }

    private void admit() {
        StepRecord.Totals totals = ledger.totals();
        long end = run.goal() + totals.discarded() + totals.abandoned();
        if (admission.decide(policy, totals, published) instanceof Admission.Decision.Publish may) {
            for (long most = Math.min(may.groups(), end - published); most > 0; most--) {
                issue(Lane.TRAINING, new GroupIndex(published), new Attempt(1), null, published);
                published++;
            }
        }
    }

    private void issue(Lane lane, GroupIndex index, Attempt attempt, @Nullable AttemptHistory history, long offset) {
        TrainingTask task = Records.task(index.value(), attempt, run.plan.samples(), policy.weightVersion(), history);
        if (!ledger.published(lane, task, offset, time.millis())) {
            throw new IllegalStateException("the ledger passes over its own task of group " + index);
        }
        run.issued(lane, task);
    }

    long published() {
        return published;
    }

    Ledger ledger() {
        return ledger;
    }
}
