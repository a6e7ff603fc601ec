package io.millrace.worker.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class PatientSendsTest {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private final TimeoutException timedOut = new TimeoutException("after 600000 ms");

    private final ManualTicker ticker = new ManualTicker();
    private final MockProducer<byte[], byte[]> kafka =
            new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final PatientSends sends = new PatientSends(kafka, LIMIT, ticker, Runnable::run);
    private final ProducerRecord<byte[], byte[]> record = new ProducerRecord<>("results", new byte[1]);

    @Test
    void aSendThatTimesOutBeforeItsTimeIsRepeatedUntilTheBrokerHasIt() {
        CompletableFuture<RecordMetadata> sent = sends.send(record);
        for (int jump = 1; jump <= 3; jump++) {
            ticker.advance(Duration.ofSeconds(20));
            assertTrue(kafka.errorNext(timedOut));
            assertFalse(sent.isDone());
            assertEquals(jump + 1, kafka.history().size());
        }
        assertEquals(Duration.ofMinutes(1), sends.stuckFor(), "a repeated record is no answer");
        assertTrue(kafka.completeNext());
        assertEquals("results", sent.join().topic());
        assertEquals(Duration.ZERO, sends.stuckFor());
    }

    @Test
    void aSendWhoseTimeIsOverByTheMonotonicClockIsGivenUp() {
        CompletableFuture<RecordMetadata> sent = sends.send(record);
        ticker.advance(LIMIT);
        assertTrue(kafka.errorNext(timedOut));
        assertSame(timedOut, sent.exceptionNow());
        assertEquals(1, kafka.history().size());
        assertEquals(Duration.ZERO, sends.stuckFor());
    }

    @Test
    void repetitionsHaveNoTimeOfTheirOwn() {
        CompletableFuture<RecordMetadata> sent = sends.send(record);
        ticker.advance(LIMIT.dividedBy(2));
        kafka.errorNext(timedOut);
        ticker.advance(LIMIT.dividedBy(2));
        kafka.errorNext(timedOut);
        assertSame(timedOut, sent.exceptionNow());
        assertEquals(2, kafka.history().size());
    }

    @Test
    void whatIsRefusedIsNotRepeated() {
        CompletableFuture<RecordMetadata> sent = sends.send(record);
        kafka.errorNext(new RecordTooLargeException("too large"));
        assertTrue(sent.exceptionNow() instanceof RecordTooLargeException);
        assertEquals(1, kafka.history().size());
    }

    @Test
    void nothingIsRepeatedOnceThePublisherStops() {
        PatientSends stopped = new PatientSends(kafka, LIMIT, ticker, repeat -> {
            throw new RejectedExecutionException("stopped");
        });
        CompletableFuture<RecordMetadata> sent = stopped.send(record);
        kafka.errorNext(timedOut);
        assertSame(timedOut, sent.exceptionNow());
        assertEquals(Duration.ZERO, stopped.stuckFor());
    }
}
