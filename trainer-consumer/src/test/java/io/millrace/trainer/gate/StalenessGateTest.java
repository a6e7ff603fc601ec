package io.millrace.trainer.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.batch.Capacity;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StalenessGateTest {
    private static final int B = 2;

    private final TasksOut out = new TasksOut();

    private BatchChoice choose(StalenessGate gate, long version, long stepsInVersion, Groups finished) {
        finished.all().all().forEach(group -> out.finished(group.groupIndex(), true));
        return gate.choose(new StalenessGate.Standing(
                finished.all(),
                out,
                Set.of(),
                new Groups.Settled(Set.of()),
                0,
                new WeightVersion(version),
                stepsInVersion));
    }

    private static StalenessGate gate(int maxStaleness, OnStale onStale, BatchOrder order, int stepsPerVersion) {
        return new StalenessGate(maxStaleness, onStale, order, false, new Capacity(B, 1, stepsPerVersion));
    }

    private static StalenessGate waiting(int maxStaleness) {
        return gate(maxStaleness, OnStale.WAIT, BatchOrder.OLDEST_FIRST, 1);
    }

    private static List<Long> indices(BatchChoice choice) {
        return assertInstanceOf(BatchChoice.Ready.class, choice).groups().stream()
                .map(group -> group.groupIndex().value())
                .toList();
    }

    @Test
    void tooFewAreCounted() {
        assertEquals(new BatchChoice.NotYet(1, B), choose(waiting(4), 3, 0, new Groups().add(5, 3)));
    }

    @Test
    void theOldestVersionsComeFirstAndTheStepIsSortedByIndex() {
        Groups finished = new Groups().add(2, 3).add(5, 3).add(9, 1).add(11, 2);
        assertEquals(List.of(9L, 11L), indices(choose(waiting(4), 3, 0, finished)));
    }

    @Test
    void aStepWaitsForGroupsThatTheNextStepsCannotTakeInTime() {
        out.issued(Groups.task(0, 1, 4), false);
        out.issued(Groups.task(1, 1, 4), false);
        out.issued(Groups.task(2, 1, 4), false);
        Groups finished = new Groups().add(7, 5).add(8, 5);
        // At version 5 with a bound of 1: after this step, version 5 has none left, and version 5 is the last for them.
        assertEquals(new BatchChoice.Held(new WeightVersion(4), 3, 0), choose(waiting(1), 5, 0, finished));
        // With a bound of 2 there is version 6, which takes two of the three.
        assertEquals(new BatchChoice.Held(new WeightVersion(4), 3, 2), choose(waiting(2), 5, 0, finished));
        assertEquals(List.of(7L, 8L), indices(choose(waiting(3), 5, 0, finished)));
    }

    @Test
    void groupsThatMustGoNowGoThoughOthersOfTheirAgeAreOut() {
        out.issued(Groups.task(0, 1, 4), false);
        assertEquals(
                List.of(1L, 2L),
                indices(choose(waiting(1), 5, 0, new Groups().add(1, 4).add(2, 4))));
    }

    @Test
    void aGroupThatHasEndedIsWaitedForNoMore() {
        out.issued(Groups.task(0, 1, 4), false);
        Groups finished = new Groups().add(7, 5).add(8, 5);
        assertInstanceOf(BatchChoice.Held.class, choose(waiting(1), 5, 0, finished));
        out.settled(new GroupIndex(0));
        assertEquals(List.of(7L, 8L), indices(choose(waiting(1), 5, 0, finished)));
    }

    @Test
    void aNewAttemptStartsAtTheVersionItWasIssuedAt() {
        out.issued(Groups.task(0, 2, 5), false);
        out.issued(Groups.task(0, 1, 1), false);
        assertEquals(
                List.of(7L, 8L),
                indices(choose(waiting(1), 5, 0, new Groups().add(7, 5).add(8, 5))));
    }

    @Test
    void stepsLeftInTheVersionAreRoom() {
        out.issued(Groups.task(0, 1, 4), false);
        out.issued(Groups.task(1, 1, 4), false);
        StalenessGate gate = gate(1, OnStale.WAIT, BatchOrder.OLDEST_FIRST, 2);
        Groups finished = new Groups().add(7, 5).add(8, 5);
        assertEquals(List.of(7L, 8L), indices(choose(gate, 5, 0, finished)));
        assertInstanceOf(BatchChoice.Held.class, choose(gate, 5, 1, finished));
    }

    @Test
    void discardingNeverWaits() {
        out.issued(Groups.task(0, 1, 0), false);
        StalenessGate gate = gate(1, OnStale.DISCARD, BatchOrder.OLDEST_FIRST, 1);
        Groups finished = new Groups().add(7, 5).add(8, 5);
        assertEquals(List.of(7L, 8L), indices(choose(gate, 5, 0, finished)));
        assertEquals(
                List.of(1L),
                gate.stale(new Groups().add(1, 3).add(2, 4).all(), Set.of(), new WeightVersion(5)).stream()
                        .map(group -> group.groupIndex().value())
                        .toList());
    }

    @Test
    void completionOrderTakesWhatFinishedFirstUnlessTheBoundAsksForOthers() {
        StalenessGate gate = gate(1, OnStale.WAIT, BatchOrder.COMPLETION_ORDER, 1);
        Groups finished = new Groups().add(9, 5).add(3, 5).add(4, 5);
        assertEquals(List.of(3L, 9L), indices(choose(gate, 5, 0, finished)));
        assertEquals(
                List.of(3L, 6L),
                indices(choose(gate, 5, 0, new Groups().add(3, 5).add(9, 5).add(6, 4))));
    }

    @Test
    void strictOrderTakesIndicesWithoutAGap() {
        StalenessGate gate = gate(4, OnStale.WAIT, BatchOrder.STRICT, 1);
        Groups finished = new Groups().add(0, 0).add(2, 0).add(3, 0);
        assertEquals(new BatchChoice.Missing(new GroupIndex(1), 1, B), choose(gate, 0, 0, finished));
        assertEquals(List.of(0L, 1L), indices(choose(gate, 0, 0, finished.add(1, 0))));
        // A group that was settled otherwise leaves its place to the next.
        BatchChoice choice = gate.choose(new StalenessGate.Standing(
                new Groups().add(0, 0).add(2, 0).all(),
                out,
                Set.of(),
                new Groups.Settled(Set.of(1L)),
                0,
                new WeightVersion(0),
                0));
        assertEquals(List.of(0L, 2L), indices(choice));
    }

    @Test
    void aBoundBelowTheRunAheadIsRefused() {
        GateSettings settings = new GateSettings(1, OnStale.WAIT, BatchOrder.OLDEST_FIRST, false);
        String said = assertThrows(SettingException.class, () -> settings.gate(new BatchSettings(8, 4, 2, 1)))
                .getMessage();
        assertTrue(said.contains("--max-staleness") && said.contains("--pipeline-depth"), said);
    }

    private static StalenessGate masking(int maxStaleness, OnStale onStale) {
        return new StalenessGate(maxStaleness, onStale, BatchOrder.OLDEST_FIRST, true, new Capacity(B, 1, 1));
    }

    @Test
    void whereStaleTokensAreMaskedOnlyAGroupWithoutAnotherIsStale() {
        Groups finished = new Groups().add(0, 1, 2).add(1, 1, 3).add(2, 5, 5);
        assertEquals(
                List.of(0L),
                masking(2, OnStale.DISCARD).stale(finished.all(), Set.of(), new WeightVersion(5)).stream()
                        .map(group -> group.groupIndex().value())
                        .toList());
    }

    @Test
    void whatIsMaskedIsWhatIsPastTheBound() {
        StalenessGate gate = masking(2, OnStale.WAIT);
        assertNull(gate.maskBelow(new WeightVersion(2)));
        assertEquals(new WeightVersion(1), gate.maskBelow(new WeightVersion(3)));
        assertNull(waiting(2).maskBelow(new WeightVersion(3)));
    }

    @Test
    void whereStaleTokensAreMaskedTheGroupThatIsSoonAllMaskedComesFirst() {
        Groups finished = new Groups().add(0, 1, 5).add(1, 4, 4).add(2, 3, 5).add(3, 5, 5);
        assertEquals(List.of(0L, 1L), indices(choose(masking(4, OnStale.WAIT), 5, 0, finished)));
    }

    @Test
    void whatIsOutIsWaitedForByItsIssueAlsoWhereStaleTokensAreMasked() {
        out.issued(Groups.task(0, 1, 4), false);
        Groups finished = new Groups().add(7, 1, 5).add(8, 5, 5);
        assertEquals(
                new BatchChoice.Held(new WeightVersion(4), 1, 0), choose(masking(1, OnStale.WAIT), 5, 0, finished));
        assertEquals(List.of(7L, 8L), indices(choose(masking(1, OnStale.DISCARD), 5, 0, finished)));
    }
}
