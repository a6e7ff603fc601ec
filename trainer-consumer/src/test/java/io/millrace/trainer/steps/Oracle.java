package io.millrace.trainer.steps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.Totals;
import io.millrace.trainer.collect.FinishedGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Judges the records that stand on {@code steps}, without the ledger's code: plain sets and one list per step. */
final class Oracle {
    private final String name;
    private final int batchGroups;
    private final Set<Long> settled = new HashSet<>();
    /** The batch that each step has in the present lineage. */
    private final Map<Long, List<Long>> batches = new HashMap<>();
    /** Groups of acknowledged steps of the present lineage, those it continued with them. */
    private final Map<Long, Set<Long>> trained = new HashMap<>();

    private final List<StepRecord.Resume> resumes = new ArrayList<>();
    private final Set<String> rejections = new HashSet<>();
    /** By step, from the next one on. */
    private final SortedMap<Long, StepRecord.Lease> open = new TreeMap<>();

    private long trainedCount;
    private long discarded;
    private long abandoned;
    private long next;
    private long replayBefore;
    private WeightVersion version = new WeightVersion(0);
    private long stepsInVersion;

    Oracle(String name, int batchGroups) {
        this.name = name;
        this.batchGroups = batchGroups;
    }

    void take(ControlRecord record) {
        switch (record) {
            case StepRecord.Lease lease -> lease(lease);
            case StepRecord.Acknowledgement ack -> acknowledge(ack);
            case StepRecord.Discard discard -> {
                discarded++;
                settle(discard.groupIndex());
                assertEquals(totals(), discard.totals(), name);
            }
            case StepRecord.Abandonment abandonment -> {
                abandoned++;
                settle(abandonment.groupIndex());
                assertEquals(totals(), abandonment.totals(), name);
            }
            case StepRecord.Rejection rejection ->
                assertTrue(rejections.add(rejection.toString()), name + ": rejected twice: " + rejection);
            case StepRecord.Resume resume -> resume(resume);
            case StepRecord.LeaseVoid gone -> voided(gone);
            case Policy policy -> policy(policy);
            default -> {}
        }
    }

    private boolean confirmed = true;

    /** A result that is kept has no token of weights that nobody announced, but for the next version of a trainer at work. */
    void checkKnown(WeightVersion newest) {
        assertTrue(
                newest.value() <= version.value() + (confirmed ? 1 : 0),
                name + ": tokens of version " + newest + " are kept at version " + version);
    }

    private void policy(Policy policy) {
        confirmed |= policy.state() == Policy.State.READY;
        if (!policy.weightVersion().equals(version)) {
            assertEquals(
                    trainedCount - Math.max(0, replayBefore - next) * batchGroups,
                    policy.trainedGroups(),
                    name + ": trained when the version became ready");
            stepsInVersion = 0;
        }
        version = policy.weightVersion();
    }

    private void lease(StepRecord.Lease lease) {
        long step = lease.step().value();
        if (lease.equals(open.get(step))) {
            // Written again behind a snapshot.
            return;
        }
        assertEquals(next + open.size(), step, name);
        assertEquals(batchGroups, lease.groups().size(), name + ": not whole");
        List<Long> groups =
                lease.groups().stream().map(entry -> entry.groupIndex().value()).toList();
        assertEquals(groups.stream().sorted().distinct().toList(), groups, name + ": not sorted");
        if (step < replayBefore) {
            assertEquals(batches.get(step), groups, name + ": a replayed step has another batch");
        } else {
            groups.forEach(group -> assertTrue(!settled.contains(group), name + ": group " + group + " again"));
        }
        groups.forEach(group -> assertFalse(isOpen(group), name + ": group " + group + " in two open steps"));
        batches.put(step, groups);
        open.put(step, lease);
    }

    private boolean isOpen(long group) {
        return open.values().stream()
                .flatMap(lease -> lease.groups().stream())
                .anyMatch(entry -> entry.groupIndex().value() == group);
    }

    private void acknowledge(StepRecord.Acknowledgement ack) {
        assertEquals(next, ack.step().value(), name + ": out of order");
        StepRecord.Lease lease = open.remove(next);
        assertTrue(lease != null && lease.leaseId().equals(ack.leaseId()), name + ": another lease");
        List<Long> groups = batches.get(next);
        Set<Long> before = new HashSet<>();
        trained.forEach((step, of) -> {
            if (step < next) {
                before.addAll(of);
            }
        });
        groups.forEach(group -> assertTrue(before.add(group), name + ": group " + group + " trained twice"));
        trained.put(next, Set.copyOf(groups));
        if (next >= replayBefore) {
            groups.forEach(group -> assertTrue(settled.add(group), name + ": group " + group + " settled twice"));
            trainedCount += groups.size();
        }
        assertEquals(totals(), ack.totals(), name);
        next++;
        stepsInVersion++;
    }

    private void resume(StepRecord.Resume resume) {
        resumes.add(resume);
        confirmed = false;
        version = resume.weightVersion();
        stepsInVersion = 0;
        long settledSteps = Math.max(next, replayBefore);
        next = resume.step().value();
        replayBefore = resume.replayBefore().value();
        assertTrue(replayBefore == next || replayBefore == settledSteps, name + ": a recorded step is left out");
        assertEquals(
                trainedCount - (replayBefore - next) * batchGroups,
                resume.trainedGroups(),
                name + ": the groups still to be replayed are not trained yet");
        open.clear();
        batches.keySet().removeIf(step -> step >= replayBefore);
        trained.keySet().removeIf(step -> step >= next);
    }

    private void settle(GroupIndex index) {
        assertTrue(settled.add(index.value()), name + ": group " + index + " settled twice");
        assertFalse(isOpen(index.value()), name + ": a leased group settled otherwise");
    }

    Totals totals() {
        long mark = lowWaterMark;
        while (settled.contains(mark)) {
            mark++;
        }
        lowWaterMark = mark;
        return new Totals(trainedCount, discarded, abandoned, mark);
    }

    private long lowWaterMark;

    /** Acknowledged since the newest version, whoever announced it. */
    long stepsInVersion() {
        return stepsInVersion;
    }

    StepNumber nextStep() {
        return new StepNumber(next);
    }

    /** The leases that are open, the oldest first. */
    List<StepRecord.Lease> open() {
        return List.copyOf(open.values());
    }

    /** Null while it is not leased. */
    StepRecord.@Nullable Lease open(StepNumber step) {
        return open.get(step.value());
    }

    private void voided(StepRecord.LeaseVoid gone) {
        assertTrue(open.containsKey(gone.step().value()), name + ": void, and not leased: " + gone);
        open.tailMap(gone.step().value()).clear();
    }

    boolean isLost(FinishedGroup group) {
        return resumes.stream()
                .anyMatch(resume -> !resume.weightsGoOn()
                        && group.lineage().value() < resume.lineage().value()
                        && group.newestVersion().value()
                                > resume.weightVersion().value());
    }

    void checkRejections(long counted) {
        assertEquals(rejections.size(), counted, name + ": rejections");
    }
}
