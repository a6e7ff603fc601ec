package io.millrace.common.lag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;

class LagGroupTest {
    private static final TopicPartition PROMPTS = new TopicPartition("r.prompts", 0);
    private static final TopicPartition URGENT = new TopicPartition("r.prompts.urgent", 0);

    private final ManualTicker ticker = new ManualTicker();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<Map<TopicPartition, Long>> commits = new ArrayList<>();
    private KafkaFutureImpl<Void> answer = answered();
    private final LagGroup group = new LagGroup(this::commit, "r.prompts.queue", registry, ticker);

    private KafkaFuture<Void> commit(String id, Map<TopicPartition, Long> offsets) {
        assertEquals("r.prompts.queue", id);
        commits.add(offsets);
        return answer;
    }

    private static KafkaFutureImpl<Void> answered() {
        KafkaFutureImpl<Void> done = new KafkaFutureImpl<>();
        done.complete(null);
        return done;
    }

    private void turnAfter(Duration time) {
        ticker.advance(time);
        group.turn();
    }

    private double failures() {
        return registry.get("millrace.lag.commits.failed").counter().count();
    }

    @Test
    void theLagOfAnyToolIsWhatWaitsAndNothingWaitingIsTheEnd() {
        group.stands(PROMPTS, 103, 7);
        group.stands(URGENT, 0, 0);
        group.turn();
        group.stands(PROMPTS, 103, 0);
        turnAfter(LagGroup.BETWEEN);
        assertEquals(List.of(Map.of(PROMPTS, 96L, URGENT, 0L), Map.of(PROMPTS, 103L, URGENT, 0L)), commits);
    }

    @Test
    void nothingIsCommittedBeforeAnythingIsKnown() {
        turnAfter(LagGroup.AGAIN);
        assertEquals(List.of(), commits);
    }

    @Test
    void whatChangesOftenIsCommittedOnceAPeriodAndWhatDoesNotChangeNowAndThen() {
        for (int i = 0; i < 10; i++) {
            group.stands(PROMPTS, 100 + i, 0);
            turnAfter(LagGroup.BETWEEN.dividedBy(5));
        }
        assertEquals(2, commits.size());
        turnAfter(LagGroup.BETWEEN);
        assertEquals(3, commits.size());
        turnAfter(LagGroup.BETWEEN);
        turnAfter(LagGroup.BETWEEN);
        assertEquals(3, commits.size(), "nothing has changed");
        turnAfter(LagGroup.AGAIN);
        assertEquals(4, commits.size(), "offsets must not expire in a run that stands still");
    }

    @Test
    void aCommitThatIsOutIsNotFollowedByAnother() {
        answer = new KafkaFutureImpl<>();
        group.stands(PROMPTS, 10, 0);
        group.turn();
        group.stands(PROMPTS, 11, 0);
        turnAfter(LagGroup.AGAIN);
        assertFalse(group.isDue());
        assertEquals(1, commits.size());
        answer.complete(null);
        assertTrue(group.isDue());
        turnAfter(LagGroup.BETWEEN);
        assertEquals(11, commits.getLast().get(PROMPTS));
    }

    @Test
    void aRefusalIsCountedAndTriedAgainLaterAndHarmsNothing() {
        answer = new KafkaFutureImpl<>();
        answer.completeExceptionally(new GroupAuthorizationException("r.prompts.queue"));
        group.stands(PROMPTS, 10, 0);
        group.turn();
        turnAfter(LagGroup.BETWEEN);
        assertEquals(1, failures());
        turnAfter(LagGroup.BETWEEN);
        assertEquals(1, commits.size(), "not at once again");
        answer = answered();
        turnAfter(LagGroup.AGAIN);
        turnAfter(LagGroup.BETWEEN);
        assertEquals(2, commits.size());
        assertEquals(1, failures());
    }
}
