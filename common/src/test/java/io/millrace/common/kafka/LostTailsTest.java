package io.millrace.common.kafka;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class LostTailsTest {
    private static final TopicPartition LANE = new TopicPartition("run.prompts", 0);
    private static final TopicPartition OTHER = new TopicPartition("run.prompts.urgent", 0);

    private final LostTails tails = new LostTails();

    @Test
    void aLossThatIsFoundAgainIsNotNew() {
        assertTrue(tails.isNew(LANE, 9, 0));
        assertFalse(tails.isNew(LANE, 9, 0));
        assertFalse(tails.isNew(LANE, 9, 5), "what was published since is no loss");
        assertTrue(tails.isNew(OTHER, 9, 5), "each log has its own");
    }

    @Test
    void anEndThatFallsFurtherIsAnotherLoss() {
        assertTrue(tails.isNew(LANE, 9, 4));
        assertFalse(tails.isNew(LANE, 9, 6));
        assertTrue(tails.isNew(LANE, 9, 5));
        assertTrue(tails.isNew(LANE, 12, 5), "so is another reach");
    }

    @Test
    void aLogThatIsWholeAgainCanLoseTheSameAgain() {
        assertFalse(tails.isNew(LANE, 9, 9));
        assertTrue(tails.isNew(LANE, 9, 5));
        assertFalse(tails.isNew(LANE, 9, 10));
        assertTrue(tails.isNew(LANE, 9, 5));
    }
}
