package io.millrace.sandbox.model.role;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.Json;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.producer.admission.Admission;
import io.millrace.producer.ledger.Decision;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.RecoveryLimits;
import io.millrace.producer.ledger.Reissues;
import io.millrace.producer.ledger.group.GroupState;
import io.millrace.producer.source.PromptOrder;
import java.time.Duration;
import java.util.Optional;

/**
 * The producer without its clients: ledger, admission and what it has read. Taking over reads what a producer's session
 * reads at its start, in the same order. Not thread-safe.
 */
public final class ModelProducer {
    private static final long WORKER_TIMEOUT_MS = 10_000;
    private static final long TASK_DEADLINE_MS = Long.MAX_VALUE / 4;
    private static final int FAILURES_MAX = 3;
    private static final int DECISIONS_MAX = 1_000;

    private final Topics topics;
    private final Bounds bounds;
    private final Mutation mutation;
    private final Admission admission;
    private final Ledger ledger;
    private final Liveness liveness = new Liveness(Duration.ofDays(1), Duration.ofDays(1));
    private Policy policy = Policy.initial();
    private int receiptsRead;
    private int stepsRead;
    private int policyRead;
    private long nowMs;

    /** Takes the run over. */
    public ModelProducer(Topics topics, Bounds bounds, Mutation mutation) {
        this.mutation = mutation;
        this.topics = topics;
        this.bounds = bounds;
        this.admission = new Admission(bounds.capacity(), new PromptOrder(1, 1, false, 0), bounds.groups());
        this.ledger = new Ledger(
                GroupKind.TRAINING,
                new Reissues(
                        new RecoveryLimits(FAILURES_MAX, bounds.maxLosses(), WORKER_TIMEOUT_MS, TASK_DEADLINE_MS)));
        liveness.sent(1, 0);
        liveness.readBack(1, 0);
        while (hasSteps()) {
            readStep();
        }
        readPolicy();
        for (Lane lane : Lane.of(GroupKind.TRAINING)) {
            for (int offset = 0; offset < topics.lane(lane).end(); offset++) {
                published(lane, offset);
            }
        }
        while (hasReceipts()) {
            readReceipt();
        }
    }

    private void published(Lane lane, int offset) {
        boolean ours = ledger.published(lane, topics.lane(lane).at(offset), offset, nowMs);
        Violation.require(ours, "the ledger passes over a task of its own");
    }

    public boolean hasReceipts() {
        return receiptsRead < topics.receipts.end();
    }

    public void readReceipt() {
        ledger.receipt(topics.receipts.at(receiptsRead), receiptsRead, nowMs);
        receiptsRead++;
    }

    public boolean hasSteps() {
        return stepsRead < topics.steps.end();
    }

    public void readStep() {
        StepRecord record = topics.steps.at(stepsRead);
        if (!(record instanceof StepRecord.Missing) || mutation != Mutation.MISSING_UNHEARD) {
            ledger.step(record);
        }
        stepsRead++;
    }

    public boolean hasPolicy() {
        return policyRead < topics.policy.end();
    }

    /** A compacted topic: what was overtaken may be gone. */
    public void readPolicy() {
        if (hasPolicy()) {
            policyRead = topics.policy.end();
            policy = topics.policy.at(policyRead - 1);
        }
    }

    /** Whether it has read further than a log now goes, so that its session ends at the next poll. */
    public boolean isAhead() {
        return receiptsRead > topics.receipts.end() || stepsRead > topics.steps.end();
    }

    public boolean mayAdmit() {
        return admission.decide(policy, ledger.totals(), topics.prompts.end()) instanceof Admission.Decision.Publish;
    }

    /** Publishes the next group. */
    public void admit() {
        issue(Lane.TRAINING, new GroupIndex(topics.prompts.end()), new Attempt(1), null);
    }

    private void issue(
            Lane lane, GroupIndex group, Attempt attempt, @org.jspecify.annotations.Nullable AttemptHistory history) {
        TrainingTask task = new TrainingTask(
                group,
                attempt,
                1,
                policy.lineage(),
                policy.weightVersion(),
                0,
                new Prompt.Text(""),
                null,
                Json.object(),
                SamplingParams.defaults(1),
                new TrainingTask.Source("0", 1, 0, 1),
                null,
                history,
                null);
        published(lane, topics.lane(lane).append(task));
    }

    /** What it does about the group at once: its latest attempt is known to have come to nothing. */
    public Optional<Decision> due(GroupIndex group) {
        return ledger.due(liveness, nowMs, DECISIONS_MAX).stream()
                .filter(decision -> decision.group().equals(group) && decision.kind() != AttemptHistory.Kind.LOST)
                .findFirst();
    }

    /** What it does about the group when no worker has named it for the timeout. */
    public Optional<Decision> lost(GroupIndex group) {
        for (Lane lane : Lane.of(GroupKind.TRAINING)) {
            ledger.queueStart(lane, topics.claimed(lane), nowMs);
        }
        nowMs += WORKER_TIMEOUT_MS;
        return ledger.due(liveness, nowMs, DECISIONS_MAX).stream()
                .filter(decision -> decision.group().equals(group) && decision.kind() == AttemptHistory.Kind.LOST)
                .findFirst();
    }

    /** Publishes what was decided. */
    public void publish(Decision decision) {
        switch (decision) {
            case Decision.Reissue again -> issue(Lane.URGENT, again.group(), again.attempt(), again.history());
            case Decision.Abandon end -> {
                int offset = topics.results.append(
                        new Result.Marker(end.group(), end.last().attempt()));
                topics.receipts.append(Receipt.abandoned(end.group(), end.number(), 0, offset));
                ledger.givingUp(end.group(), end.number(), nowMs);
            }
        }
    }

    public Ledger ledger() {
        return ledger;
    }

    /** Whether an attempt of the group is on its way, as far as the ledger knows. */
    public boolean isOut(GroupIndex group) {
        GroupState state = ledger.state(group);
        return state != null && (state.kind() == GroupState.Kind.QUEUED || state.kind() == GroupState.Kind.IN_FLIGHT);
    }

    /** What it knows, but for the time. */
    public void describe(StringBuilder out) {
        out.append("\nP " + receiptsRead + " " + stepsRead + " " + policy);
        for (long index = 0; index < topics.prompts.end(); index++) {
            GroupIndex group = new GroupIndex(index);
            var state = ledger.state(group);
            var issue = ledger.issue(group);
            out.append(" " + ledger.isSettled(group))
                    .append(state == null ? "-" : state.kind())
                    .append(issue == null ? "-" : issue.attempt());
        }
        out.append(ledger.totals()).append(bounds.maxLosses());
    }
}
