package io.millrace.trainer.decide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.RewardStats;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FirstRewardsTest {
    private final FirstRewards rewards = new FirstRewards();

    private Optional<String> finished(long index, double... values) {
        return rewards.finished(new GroupIndex(index), RewardStats.of(values));
    }

    private void finishedAll(int from, int to, double value) {
        for (int index = from; index < to; index++) {
            assertEquals(Optional.empty(), finished(index, value, value));
        }
    }

    @Test
    void rewardsThatAreAllTheLeastAreWarnedOfOnce() {
        finishedAll(0, 199, -1);
        String warning = finished(199, -1, -1).orElseThrow();
        assertTrue(warning.contains("first 200 groups"), warning);
        assertTrue(warning.contains("every sample has -1.0"), warning);
        assertTrue(warning.contains("--label-pattern"), warning);
        finishedAll(200, 600, -1);
        assertEquals(Optional.of(warning), rewards.warning());
    }

    @Test
    void oneRewardAboveTheOthersIsEnoughToSayNothing() {
        finishedAll(0, 150, 0);
        assertEquals(Optional.empty(), finished(150, 0, 1));
        finishedAll(151, 600, 0);
        assertEquals(Optional.empty(), rewards.warning());
    }

    @Test
    void oneGroupAboveTheOthersIsEnoughToo() {
        finishedAll(0, 199, 0);
        assertEquals(Optional.empty(), finished(199, 1, 1));
        assertEquals(Optional.empty(), rewards.warning());
    }

    /** Each session reads again what was not settled. */
    @Test
    void aGroupThatIsMetAgainCountsOnce() {
        finishedAll(0, 150, 0);
        finishedAll(0, 150, 0);
        finishedAll(150, 199, 0);
        assertTrue(finished(199, 0, 0).isPresent());
    }

    @Test
    void theWarningIsOverWithTheFirstRewardThatDiffers() {
        finishedAll(0, 199, 0);
        assertTrue(finished(199, 0, 0).isPresent());
        assertEquals(Optional.empty(), finished(900, 0, 0.5));
        assertEquals(Optional.empty(), rewards.warning());
        finishedAll(901, 1300, 0);
        assertEquals(Optional.empty(), rewards.warning());
    }
}
