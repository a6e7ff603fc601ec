package io.millrace.producer.stream;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.Policy;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.admission.Admission;
import io.millrace.producer.source.TaskFactory;
import io.millrace.producer.status.AdmissionWait;
import java.util.ArrayList;
import java.util.List;

/** Issues training groups, index by index, as far as admission allows. Part of a session, and of its one owner. */
public final class Training {
    private final GroupStream stream;
    private final TaskFactory tasks;
    private final Admission admission;
    private final int batchMax;
    private final AdmissionWait wait;
    private final WallClock clock;
    private long nextIndex;
    private long lastOffsetAtStart;
    private boolean exhausted;

    /** @param batchMax groups of one transaction */
    public Training(
            GroupStream stream,
            TaskFactory tasks,
            Admission admission,
            int batchMax,
            AdmissionWait wait,
            WallClock clock) {
        this.stream = stream;
        this.tasks = tasks;
        this.admission = admission;
        this.batchMax = batchMax;
        this.wait = wait;
        this.clock = clock;
    }

    public GroupStream stream() {
        return stream;
    }

    /**
     * Where the run stands.
     *
     * @param group the next to publish
     * @param lastOffset of the last task on the lane of first attempts
     */
    public void goOnAt(long group, long lastOffset) {
        nextIndex = group;
        lastOffsetAtStart = lastOffset;
    }

    /** The next group's index, and how many the run has published. */
    public long nextIndex() {
        return nextIndex;
    }

    /** Whether nothing more is published in this run. */
    public boolean exhausted() {
        return exhausted;
    }

    /** How many groups may have been published in all by now. */
    public long limit(Policy policy) {
        return admission.limit(policy, stream.ledger().totals());
    }

    /**
     * Publishes at most one batch of what admission allows, or shows what is waited for.
     *
     * @return whether there is more to publish now
     */
    public boolean turn(Policy policy) {
        exhausted = false;
        switch (admission.decide(policy, stream.ledger().totals(), nextIndex)) {
            case Admission.Decision.Publish publish -> {
                wait.over();
                publish((int) Math.min(publish.groups(), batchMax), policy);
                return publish.groups() > batchMax;
            }
            case Admission.Decision.Wait waiting -> wait.waiting(waiting.whatFor());
            case Admission.Decision.Exhausted end -> {
                exhausted = true;
                wait.waiting("exhausted: " + end.why());
            }
        }
        return false;
    }

    private void publish(int groups, Policy policy) {
        List<TrainingTask> batch = new ArrayList<>(groups);
        long issuedAtMs = clock.millis();
        for (long index = nextIndex; index < nextIndex + groups; index++) {
            batch.add(tasks.task(new GroupIndex(index), policy, issuedAtMs));
        }
        var _ = stream.issue(batch);
        nextIndex += groups;
    }

    /** The last task stays, however settled: the next group's index is read from it. */
    public void trim(RecordTrimmer trimmer, RunTopics topics) {
        stream.trim(trimmer, topics, Math.max(lastOffsetAtStart, stream.end(Lane.TRAINING) - 1));
    }
}
