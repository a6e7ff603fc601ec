package io.millrace.worker.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.record.WorkersRecord.State;
import io.millrace.common.record.WorkersRecord.Status;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** Turn by turn, with a Kafka client in memory. */
class StatusPublisherTest {
    private final WorkerIncarnation worker = WorkerIncarnation.start("w");
    private final ManualTicker ticker = new ManualTicker();
    private final Health health = new Health(new ManualClock(), ticker);
    private final StatusWatch watch = new StatusWatch(Duration.ofSeconds(6), ticker);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MockProducer<byte[], byte[]> kafka =
            new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final StatusPublisher statuses = new StatusPublisher(
            kafka,
            new RunTopics(new RunId("r")),
            Duration.ZERO,
            health,
            watch,
            registry,
            sequence -> new Status(worker, sequence, State.RUNNING, 0, 8, 0, List.of(), List.of(), 0, 0, 0, 0));

    private List<Long> published() throws BadRecordException {
        List<Long> sequences = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> record : kafka.history()) {
            sequences.add(assertInstanceOf(Status.class, ControlCodec.decode(record.value(), WorkersRecord.class))
                    .sequence());
        }
        return sequences;
    }

    private Health.State state() {
        Health.Part part = health.parts().get(StatusPublisher.PART);
        assertNotNull(part);
        return part.state();
    }

    @Test
    void oneIsUnderWayAtATimeAndNoNumberIsLeftOut() throws Exception {
        statuses.runOnce();
        statuses.runOnce();
        statuses.runOnce();
        assertEquals(List.of(0L), published(), "they do not pile up while the broker is away");
        assertEquals(Health.State.BLOCKED, state());
        kafka.completeNext();
        statuses.runOnce();
        assertEquals(List.of(0L, 1L), published());
        assertEquals(Health.State.RUNNING, state());
    }

    @Test
    void theWatchHearsOfWhatTheBrokerTookOnly() throws Exception {
        statuses.runOnce();
        kafka.errorNext(new TimeoutException("told to fail"));
        assertEquals("the broker: no status of this worker is taken yet", watch.holdReason());
        assertEquals(1, registry.counter("millrace.worker.statuses.refused").count());
        assertEquals(Health.State.BLOCKED, state());
        statuses.runOnce();
        kafka.completeNext();
        assertEquals("", watch.holdReason());
        assertEquals(Health.State.RUNNING, state());
    }

    @Test
    void aLastOneThatIsNotTakenTellsThoseWhoCloseLater() throws Exception {
        statuses.runOnce();
        kafka.completeNext();
        statuses.close();
        assertEquals(StatusWatch.MOMENT, watch.patience(StatusWatch.CLOSE_LIMIT));
    }

    @Test
    void theLastOneIsSentAtTheEnd() throws Exception {
        statuses.runOnce();
        kafka.completeNext();
        Thread broker = Thread.startVirtualThread(() -> {
            while (!kafka.completeNext()) {
                Thread.onSpinWait();
            }
        });
        statuses.close();
        broker.join();
        assertEquals(List.of(0L, 1L), published());
        assertEquals(StatusWatch.CLOSE_LIMIT, watch.patience(StatusWatch.CLOSE_LIMIT), "nobody has waited in vain");
    }
}
