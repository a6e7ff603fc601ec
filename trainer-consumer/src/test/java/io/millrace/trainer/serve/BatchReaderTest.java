package io.millrace.trainer.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.wire.RolloutGroupCodec;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What a manifest names and the log has no more; against Kafka's own in-memory client. */
class BatchReaderTest {
    private static final TopicPartition PARTITION = new TopicPartition("run.results", 0);
    private static final Duration GONE_AFTER = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(200);

    private final ManualTicker ticker = new ManualTicker();
    private final TreeMap<Long, byte[]> log = new TreeMap<>();
    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    private final BatchReader reader =
            new BatchReader(PARTITION.topic(), consumer, ticker, Duration.ofMinutes(1), GONE_AFTER);
    private int polls;

    /** The log as it stands, from the position on, with each poll. */
    private void serve(Runnable before) {
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.schedulePollTask(new Runnable() {
            @Override
            public void run() {
                polls++;
                before.run();
                ticker.advance(POLL);
                consumer.updateEndOffsets(Map.of(PARTITION, log.isEmpty() ? 0L : log.lastKey() + 1));
                log.tailMap(consumer.position(PARTITION))
                        .forEach((offset, blob) -> consumer.addRecord(
                                new ConsumerRecord<>(PARTITION.topic(), 0, offset, new byte[0], blob)));
                consumer.schedulePollTask(this);
            }
        });
    }

    private static byte[] blob(long index, int attempt) {
        return RolloutGroupCodec.encode(TestingRollouts.group(index, attempt, 2));
    }

    private static ManifestEntry entry(long index, Long... offsets) {
        return new ManifestEntry(
                new GroupIndex(index), new Attempt(1), new WeightVersion(0), 0, Arrays.asList(offsets));
    }

    private static BatchSource source(ManifestEntry... entries) {
        return new BatchSource(
                new StepRecord.Lease(
                        new Lineage(0),
                        new StepNumber(0),
                        new LeaseId("00000000000000aa"),
                        new WeightVersion(0),
                        0,
                        List.of(entries)),
                Map.of());
    }

    @Test
    void everyEntryThatIsGoneIsNamed() {
        log.put(3L, blob(0, 1));
        log.put(4L, blob(1, 2));
        serve(() -> {});
        ManifestEntry another = entry(1, 4L);
        ManifestEntry hole = entry(2, 1L);
        ManifestEntry beyond = entry(3, 9L, 10L);
        RolloutQueueException gone = assertThrows(
                RolloutQueueException.class, () -> reader.read(source(entry(0, 3L), another, hole, beyond)));
        assertEquals(RolloutQueueException.Kind.UNREADABLE, gone.kind());
        assertEquals(List.of(another, hole, beyond), gone.gone());
        assertTrue(gone.getMessage().contains("group 1 attempt 2 stands there"), gone::getMessage);
    }

    @Test
    void whatLiesBehindTheEndIsWaitedForSinceANewLeaderMayNotShowItYet() throws Exception {
        log.put(0L, blob(0, 1));
        serve(() -> {
            // Half of the wait is over.
            if (polls == 25) {
                log.put(1L, blob(1, 1));
            }
        });
        assertEquals(
                List.of(0L, 1L),
                reader.read(source(entry(0, 0L), entry(1, 1L))).stream()
                        .map(RolloutGroup::header)
                        .map(header -> header.groupIndex().value())
                        .toList());
    }

    @Test
    void whatStaysBehindTheEndIsGoneAfterTheWait() {
        serve(() -> {});
        long beginNanos = ticker.nanos();
        ManifestEntry lost = entry(0, 0L);
        assertEquals(
                List.of(lost),
                assertThrows(RolloutQueueException.class, () -> reader.read(source(lost)))
                        .gone());
        assertTrue(ticker.nanos() - beginNanos >= GONE_AFTER.toNanos());
    }
}
