package io.millrace.producer.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.testing.ManualTicker;
import io.millrace.producer.testing.InMemoryLane;
import java.time.Duration;
import java.util.OptionalLong;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.junit.jupiter.api.Test;

class QueueWatchTest {
    private static final Duration PERIOD = Duration.ofSeconds(2);

    private final ManualTicker ticker = new ManualTicker();
    private long end = 10;
    private final InMemoryLane lane = new InMemoryLane(() -> end);
    private final QueueWatch watch = new QueueWatch(lane, "lane", ticker, PERIOD);

    /** The answer to what was asked a period ago. */
    private OptionalLong next(long publishedEnd) throws InterruptedException {
        ticker.advance(PERIOD);
        return watch.turn(publishedEnd);
    }

    @Test
    void whatTheGroupHasClaimedIsToldOncePerQuestion() throws Exception {
        lane.claimed(4, 6);
        assertEquals(OptionalLong.empty(), watch.turn(10), "it is asked, not waited for");
        assertEquals(OptionalLong.of(4), watch.turn(10));
        assertEquals(OptionalLong.empty(), watch.turn(10), "not asked again before it is time");
        assertEquals(1, lane.asked());
    }

    @Test
    void aGroupWithoutLagHasComeToWhatWasPublishedWhenItWasAsked() throws Exception {
        lane.claimed(4, 0);
        watch.turn(8);
        assertEquals(OptionalLong.of(8), watch.turn(10), "the tasks published since may wait");
        assertEquals(OptionalLong.empty(), next(10));
        assertEquals(OptionalLong.of(10), watch.turn(10));
    }

    @Test
    void beforeTheFirstWorkerNothingIsTold() throws Exception {
        watch.turn(10);
        assertEquals(OptionalLong.empty(), watch.turn(10));
        lane.fail(new GroupIdNotFoundException("no worker yet"));
        next(10);
        assertEquals(OptionalLong.empty(), watch.turn(10));
    }

    @Test
    void aLaneThatEndsBelowWhatStoodThereIsTruncatedAtTheSecondAnswerInARow() throws Exception {
        end = 9;
        watch.turn(10);
        watch.turn(10);
        end = 10;
        next(10);
        watch.turn(10);
        end = 9;
        next(10);
        watch.turn(10);
        next(10);
        assertThrows(TruncatedLogException.class, () -> watch.turn(10));
    }

    @Test
    void aQuestionThatIsOutIsNotAskedAgainAndIsJudgedByWhatStoodWhenItWasAsked() throws Exception {
        lane.hold();
        watch.turn(10);
        for (int period = 0; period < 5; period++) {
            next(20);
        }
        assertEquals(1, lane.asked());
        lane.answer(10);
        watch.turn(20);
        end = 20;
        watch.turn(20);
        assertEquals(2, lane.asked());
    }
}
