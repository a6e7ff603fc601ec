package io.millrace.sandbox.growth.fleet;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.common.wire.PackedGroup;
import io.millrace.sandbox.growth.record.Content;
import io.millrace.sandbox.growth.record.Records;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a fleet to its end in virtual time, workers crashing and freezing, results lost and late, and holds it to the
 * invariants: every admitted group is settled once, none is trained twice, no batch is staler than the bound.
 */
public final class FleetRun {
    private static final int FAILURE_ONE_IN = 300;
    private static final int LOST_ONE_IN = 1_000;
    /** In each virtual second, for each worker: one that freezes or crashes. */
    private static final double TROUBLE_SHARE = 0.0002;

    /** A task as a share group hands it out. */
    record Claimed(TrainingTask task, Lane lane) {}

    final FleetPlan plan;
    final Timeline time;
    private final LongSupplier nanos;
    private final PackedGroup content = Content.one();
    private final FleetProducer producer;
    private final FleetTrainer trainer;
    private final List<FleetWorker> workers = new ArrayList<>();
    private final Deque<FleetWorker> hungry = new ArrayDeque<>();
    private final Deque<TrainingTask> training = new ArrayDeque<>();
    private final Deque<TrainingTask> urgent = new ArrayDeque<>();
    private final BitSet trainedGroups = new BitSet();
    private final BitSet settledGroups = new BitSet();
    private final List<Double> eventNanos = new ArrayList<>();
    private long trainingTaken;
    private long urgentTaken;
    private long results;
    private long engineVersion;
    private long stalest;
    private long crashes;
    private long freezes;
    private long lost;
    private long missing;
    private double busySum;
    private long slotsSum;
    private boolean over;
    private long tenthEvents;
    private long tenthNanos;

    private FleetRun(FleetPlan plan, LongSupplier nanos) {
        this.plan = plan;
        this.nanos = nanos;
        this.time = new Timeline(plan.seed());
        this.producer = new FleetProducer(this);
        this.trainer = new FleetTrainer(this);
        for (int number = 0; number < plan.workers(); number++) {
            workers.add(new FleetWorker(this, number));
        }
    }

    /**
     * Runs it.
     *
     * @param nanos the thread's own time, to tell what an event costs
     * @throws IllegalStateException when an invariant does not hold
     */
    public static FleetReport run(FleetPlan plan, LongSupplier nanos) {
        return new FleetRun(plan, nanos).run();
    }

    private FleetReport run() {
        workers.forEach(FleetWorker::claim);
        time.after(1_000_000, this::everySecond);
        tenthNanos = nanos.getAsLong();
        while (!over && time.next()) {
            over = producer.ledger().totals().trained() == goal()
                    && producer.ledger().totals().settled() == producer.published();
        }
        require(
                over,
                "the run stands still at step " + trainer.ledger().nextStep() + ": "
                        + producer.ledger().counts());
        while (time.next()) {
            // Late results, and receipts of what is settled.
        }
        StepRecord.Totals totals = trainer.ledger().totals();
        require(totals.equals(producer.ledger().totals()), "the ledgers disagree on what is settled");
        require(producer.ledger().counts().unsettled() == 0, "the producer still holds groups");
        require(
                settledGroups.cardinality() == producer.published() && settledGroups.length() == producer.published(),
                "a group is not settled");
        require(trainedGroups.cardinality() == goal(), "the trainer got other groups than were counted");
        return new FleetReport(
                time.happened(),
                time.micros() / 1e6,
                producer.published(),
                totals.trained(),
                totals.discarded(),
                totals.abandoned(),
                crashes,
                freezes,
                lost,
                trainer.duplicates(),
                producer.reissued,
                missing,
                trainer.held,
                slotsSum == 0 ? 0 : busySum / slotsSum,
                stalest,
                eventNanos);
    }

    static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }

    boolean isOver() {
        return over;
    }

    /** Groups that the run trains. */
    long goal() {
        return (long) plan.steps() * plan.batchGroups();
    }

    /** A quarter of what the generation of a step takes with all slots busy: generation is what is short. */
    long trainMicros() {
        double sampleSeconds = 0.4765 * plan.groupSeconds();
        double stepSeconds =
                (double) plan.batchGroups() * plan.samples() * sampleSeconds / plan.workers() / plan.slots();
        return (long) (stepSeconds / 4 * 1e6);
    }

    private void everySecond() {
        if (over) {
            return;
        }
        long step = trainer.ledger().nextStep().value();
        if (step > plan.steps() / 10 && step < plan.steps() - plan.steps() / 10) {
            for (FleetWorker worker : workers) {
                if (!worker.isDown()) {
                    busySum += worker.busy();
                    slotsSum += plan.slots();
                }
            }
        }
        if (time.random.nextDouble() < TROUBLE_SHARE * plan.workers()) {
            FleetWorker worker = workers.get(time.random.nextInt(workers.size()));
            if (!worker.isDown()) {
                if (time.oneIn(3)) {
                    freezes++;
                    worker.freeze();
                } else {
                    crashes++;
                    worker.crash();
                }
            }
        }
        time.after(1_000_000, this::everySecond);
    }

    // What workers do.

    @Nullable
    Claimed claim(FleetWorker worker) {
        if (!urgent.isEmpty()) {
            urgentTaken++;
            return new Claimed(urgent.remove(), Lane.URGENT);
        }
        if (!training.isEmpty()) {
            trainingTaken++;
            return new Claimed(training.remove(), Lane.TRAINING);
        }
        if (!worker.hungry) {
            worker.hungry = true;
            hungry.add(worker);
        }
        return null;
    }

    long taken(Lane lane) {
        return lane == Lane.URGENT ? urgentTaken : trainingTaken;
    }

    long engineVersion() {
        return engineVersion;
    }

    void status(WorkerIncarnation worker, long sequence, List<WorkersRecord.HeldGroup> held) {
        producer.statuses.append(Records.status(worker, sequence, plan.slots(), held));
    }

    /** Writes the result, now and then one that the log will lose, or none. */
    Receipt publish(WorkerIncarnation worker, TrainingTask task, long oldest, long newest) {
        GroupIndex index = task.groupIndex();
        if (time.oneIn(FAILURE_ONE_IN)) {
            return new Receipt(
                    index, task.attempt(), worker, plan.samples(), 0, 0, 0, new Receipt.Failure("engine", "refused"));
        }
        long offset = results++;
        ResultEvent event = new ResultEvent.Result(
                new FinishedGroup(
                        index,
                        task.attempt(),
                        new Lineage(0),
                        new WeightVersion(oldest),
                        new WeightVersion(newest),
                        new RewardStats(0.5, 0.5),
                        0,
                        List.of(offset),
                        offset,
                        plan.samples(),
                        plan.samples()),
                content,
                1);
        boolean gone = time.oneIn(LOST_ONE_IN);
        lost += gone ? 1 : 0;
        trainer.results.append(new FleetTrainer.Placed(offset, gone ? null : event));
        return Records.success(index, task.attempt(), worker, plan.samples(), offset);
    }

    void receipts(Receipt receipt) {
        producer.receipts.append(receipt);
        trainer.receipts.append(receipt);
    }

    // What the producer does.

    void issued(Lane lane, TrainingTask task) {
        (lane == Lane.URGENT ? urgent : training).add(task);
        trainer.tasks.append(task);
        FleetWorker next = hungry.poll();
        if (next != null) {
            next.hungry = false;
            time.after(5_000, next::claim);
        }
    }

    /** Writes the marker; returns its offset. */
    long giveUp(GroupIndex index, Attempt last, String cause) {
        long offset = results++;
        trainer.results.append(new FleetTrainer.Placed(offset, new ResultEvent.Marker(index, last, cause, 0, offset)));
        return offset;
    }

    // What the trainer does.

    void handedOver(List<FinishedGroup> groups, WeightVersion version) {
        require(groups.size() == plan.batchGroups(), "a batch is not whole");
        for (FinishedGroup group : groups) {
            int index = Math.toIntExact(group.groupIndex().value());
            long staleness = version.value() - group.oldestVersion().value();
            stalest = Math.max(stalest, staleness);
            require(staleness <= plan.maxStaleness(), "group " + index + " is " + staleness + " versions old");
            require(!trainedGroups.get(index), "group " + index + " is trained twice");
            trainedGroups.set(index);
            settle(group.groupIndex());
        }
    }

    private void settle(GroupIndex group) {
        int index = Math.toIntExact(group.value());
        require(!settledGroups.get(index), "group " + group + " is settled twice");
        settledGroups.set(index);
    }

    void decided(StepRecord record) {
        switch (record) {
            case StepRecord.Discard discard -> settle(discard.groupIndex());
            case StepRecord.Abandonment abandonment -> settle(abandonment.groupIndex());
            case StepRecord.Missing gone -> missing++;
            default -> {}
        }
        producer.steps.append(record);
    }

    void announced(Policy policy) {
        engineVersion = policy.weightVersion().value();
        producer.policies.append(policy);
    }

    /** A step is through. */
    void trained() {
        long done = trainer.ledger().nextStep().value();
        if (plan.steps() >= 10 && done % (plan.steps() / 10) == 0) {
            long now = nanos.getAsLong();
            eventNanos.add((double) (now - tenthNanos) / (time.happened() - tenthEvents));
            tenthEvents = time.happened();
            tenthNanos = now;
        }
    }
}
