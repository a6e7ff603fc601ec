package io.millrace.sandbox.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class BatchCheckTest {
    private final BatchCheck check = new BatchCheck(3, 4);
    private final TrainerClient.Lease lease = Batches.lease(7, 2L, 5L, 9L);
    private final ObjectNode batch = Batches.batch(lease, 4);

    private void refused(String why) {
        TrainedStep.Verdict verdict = check.check(lease, batch);
        assertFalse(verdict.good());
        assertTrue(
                verdict.problems().stream().anyMatch(problem -> problem.contains(why)),
                verdict.problems().toString());
    }

    @Test
    void aGoodBatchIsCounted() {
        TrainedStep.Verdict verdict = check.check(lease, batch);
        assertEquals(List.of(), verdict.problems());
        assertEquals(List.of(2L, 5L, 9L), verdict.groupIndices());
        assertEquals(12, verdict.samples());
        assertEquals(0.5, verdict.rewardMean());
        assertEquals(36, verdict.responseTokens());
        assertEquals(7, verdict.ageVersionsMax());
        assertTrue(verdict.sorted() && verdict.whole());
    }

    @Test
    void aRewardMayBeAnObjectWithAScore() {
        Batches.sample(batch, 0, 1).putObject("reward").put("score", 1.0).put("pred", "4");
        assertEquals(7.0 / 12, check.check(lease, batch).rewardMean(), 1e-12);
    }

    @Test
    void aBatchOfTooFewGroupsIsNotWhole() {
        ((ArrayNode) batch.path("groups")).remove(2);
        refused("the batch has 2 groups, not 3");
        assertFalse(check.check(lease, batch).whole());
    }

    @Test
    void groupsOutOfOrderAreNotSorted() {
        TrainerClient.Lease unsorted = Batches.lease(7, 5L, 2L, 9L);
        TrainedStep.Verdict verdict = check.check(unsorted, Batches.batch(unsorted, 4));
        assertFalse(verdict.sorted());
        assertTrue(verdict.whole());
        assertEquals(List.of("group 2 stands after group 5"), verdict.problems());
    }

    @Test
    void aGroupOfAnAcknowledgedStepIsADuplicate() {
        check.acknowledged(check.check(lease, batch));
        TrainerClient.Lease next = Batches.lease(8, 3L, 5L, 11L);
        TrainedStep.Verdict verdict = check.check(next, Batches.batch(next, 4));
        assertEquals(1, verdict.duplicates());
        assertEquals(List.of("group 5 was in an earlier acknowledged step"), verdict.problems());
    }

    @Test
    void aBatchServedAgainBeforeItsAcknowledgementIsNoDuplicate() {
        check.check(lease, batch);
        assertTrue(check.check(lease, batch).good());
    }

    @Test
    void aGroupTwiceInOneBatchIsADuplicate() {
        TrainerClient.Lease twice = Batches.lease(7, 2L, 5L, 5L);
        TrainedStep.Verdict verdict = check.check(twice, Batches.batch(twice, 4));
        assertEquals(1, verdict.duplicates());
        assertFalse(verdict.sorted());
    }

    @Test
    void aMissingSampleIsSeen() {
        ((ArrayNode) batch.path("groups").path(1)).remove(3);
        refused("group 5 has 3 samples, not 4");
    }

    @Test
    void aSampleOfAnotherGroupIsSeen() {
        Batches.sample(batch, 1, 2).put("group_index", 9);
        refused("sample 2 of group 5 says group_index 9");
    }

    @Test
    void aSampleIndexOutOfPlaceIsSeen() {
        Batches.sample(batch, 1, 2).put("index", 23);
        refused("sample 2 of group 5 has index 23, not 22");
    }

    @Test
    void lengthsThatDoNotAddUpAreSeen() {
        Batches.sample(batch, 0, 0).putArray("rollout_log_probs").add(-0.5);
        refused("sample 0 of group 2 has 1 values of rollout_log_probs for a response of 3");
        Batches.sample(batch, 0, 1).remove("loss_mask");
        refused("sample 1 of group 2 has no values of loss_mask");
        Batches.sample(batch, 0, 2).putArray("tokens").add(1);
        refused("sample 2 of group 2 has 1 tokens");
    }

    @Test
    void aSampleWithoutARewardIsSeen() {
        Batches.sample(batch, 2, 0).putNull("reward");
        refused("sample 0 of group 9 has the reward null");
    }

    @Test
    void aBatchOfAnotherStepIsSeen() {
        batch.put("step", 6);
        refused("the batch's step is 6, its lease says 7");
    }

    @Test
    void aLeaseThatNamesOtherGroupsIsSeen() {
        TrainedStep.Verdict verdict = check.check(Batches.lease(7, 2L, 5L, 10L), batch);
        assertEquals(List.of("the batch's groups are not those of its lease"), verdict.problems());
    }
}
