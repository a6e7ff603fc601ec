package io.millrace.trainer.steps;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
    private StepRecord.@Nullable Lease open;
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
        assertEquals(next, lease.step().value(), name);
        assertEquals(batchGroups, lease.groups().size(), name + ": not whole");
        List<Long> groups =
                lease.groups().stream().map(entry -> entry.groupIndex().value()).toList();
        assertEquals(groups.stream().sorted().distinct().toList(), groups, name + ": not sorted");
        if (next < replayBefore) {
            assertEquals(batches.get(next), groups, name + ": a replayed step has another batch");
        } else {
            groups.forEach(group -> assertTrue(!settled.contains(group), name + ": group " + group + " again"));
        }
        batches.put(next, groups);
        open = lease;
    }

    private void acknowledge(StepRecord.Acknowledgement ack) {
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
        open = null;
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
        open = null;
        batches.keySet().removeIf(step -> step >= replayBefore);
        trained.keySet().removeIf(step -> step >= next);
    }

    private void settle(GroupIndex index) {
        assertTrue(settled.add(index.value()), name + ": group " + index + " settled twice");
        assertTrue(
                open == null
                        || open.groups().stream()
                                .noneMatch(entry -> entry.groupIndex().equals(index)),
                name + ": a leased group settled otherwise");
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

    StepRecord.@Nullable Lease open() {
        return open;
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
