package io.millrace.trainer.batch;

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
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.wire.PackedGroup;
import io.millrace.common.wire.RolloutGroupCodec;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What a manifest names and the log has no more; against Kafka's own in-memory client. */
class BatchReaderTest {
    private static final String TOPIC = "run.results";
    private static final int PARTITIONS = 4;
    private static final Duration GONE_AFTER = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(200);

    private final ManualTicker ticker = new ManualTicker();
    private final List<TreeMap<Long, byte[]>> logs =
            Stream.generate(TreeMap<Long, byte[]>::new).limit(PARTITIONS).toList();
    private final TreeMap<Long, byte[]> log = logs.getFirst();
    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    private int polls;
    private int fetches;

    private BatchReader reader(Duration limit) {
        return new BatchReader(TOPIC, consumer, ticker, limit, GONE_AFTER);
    }

    private List<PackedGroup> read(ManifestEntry... entries) throws InterruptedException {
        return reader(Duration.ofMinutes(1)).read(source(entries));
    }

    private BatchReadException refusal(Duration limit, ManifestEntry... entries) {
        return assertThrows(BatchReadException.class, () -> reader(limit).read(source(entries)));
    }

    /** The logs as they stand, from the positions on, with each poll. */
    private void serve(Runnable before) {
        showEnds();
        consumer.schedulePollTask(new Runnable() {
            @Override
            public void run() {
                polls++;
                before.run();
                ticker.advance(POLL);
                showEnds();
                for (TopicPartition partition : consumer.assignment()) {
                    logs.get(partition.partition())
                            .tailMap(consumer.position(partition))
                            .forEach((offset, blob) -> consumer.addRecord(
                                    new ConsumerRecord<>(TOPIC, partition.partition(), offset, new byte[0], blob)));
                }
                consumer.schedulePollTask(this);
            }
        });
    }

    private void showEnds() {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            TreeMap<Long, byte[]> one = logs.get(partition);
            TopicPartition name = new TopicPartition(TOPIC, partition);
            consumer.updateBeginningOffsets(Map.of(name, 0L));
            consumer.updateEndOffsets(Map.of(name, one.isEmpty() ? 0L : one.lastKey() + 1));
        }
    }

    private static byte[] blob(long index, int attempt) {
        return RolloutGroupCodec.encode(TestingRollouts.group(index, attempt, 2));
    }

    private static ManifestEntry entry(long index, Long... offsets) {
        return in(0, index, offsets);
    }

    private static ManifestEntry in(int partition, long index, Long... offsets) {
        return new ManifestEntry(
                new GroupIndex(index), new Attempt(1), new WeightVersion(0), partition, Arrays.asList(offsets));
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
        BatchReadException gone = refusal(Duration.ofMinutes(1), entry(0, 3L), another, hole, beyond);
        assertEquals(BatchReadException.Cause.GONE, gone.reason());
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
                read(entry(0, 0L), entry(1, 1L)).stream()
                        .map(PackedGroup::header)
                        .map(header -> header.groupIndex().value())
                        .toList());
    }

    @Test
    void whatStaysBehindTheEndIsGoneAfterTheWait() {
        serve(() -> {});
        long beginNanos = ticker.nanos();
        ManifestEntry lost = entry(0, 0L);
        assertEquals(List.of(lost), refusal(Duration.ofMinutes(1), lost).gone());
        assertTrue(ticker.nanos() - beginNanos >= GONE_AFTER.toNanos());
    }

    @Test
    void partitionsThatWereAllCutAreWaitedForTogether() {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            logs.get(partition).put(0L, blob(partition, 1));
        }
        serve(() -> {});
        ManifestEntry[] entries = new ManifestEntry[2 * PARTITIONS];
        for (int partition = 0; partition < PARTITIONS; partition++) {
            entries[partition] = in(partition, partition, 0L);
            entries[PARTITIONS + partition] = in(partition, PARTITIONS + partition, 5L);
        }
        BatchReadException gone = refusal(GONE_AFTER.multipliedBy(3), entries);
        assertEquals(BatchReadException.Cause.GONE, gone.reason(), gone::getMessage);
        assertEquals(List.of(entries).subList(PARTITIONS, 2 * PARTITIONS), gone.gone());
    }

    @Test
    void theWaitForAnEndIsNoPartOfTheBrokersTime() {
        serve(() -> {});
        ManifestEntry lost = entry(0, 0L);
        assertEquals(List.of(lost), refusal(GONE_AFTER.dividedBy(2), lost).gone());
    }

    @Test
    void aBrokerThatGivesNothingBelowTheEndIsUnavailable() {
        log.put(0L, blob(0, 1));
        consumer.updateBeginningOffsets(Map.of(new TopicPartition(TOPIC, 0), 0L));
        consumer.updateEndOffsets(Map.of(new TopicPartition(TOPIC, 0), 1L));
        consumer.schedulePollTask(new Runnable() {
            @Override
            public void run() {
                ticker.advance(POLL);
                consumer.schedulePollTask(this);
            }
        });
        assertEquals(
                BatchReadException.Cause.AWAY, refusal(GONE_AFTER, entry(0, 0L)).reason());
    }

    /** The client answers that at once, so who asks again without a pause asks as fast as it can. */
    @Test
    void noOffsetIsFetchedThatTheLogDoesNotHave() {
        log.put(0L, blob(0, 1));
        serve(() -> {
            if (!consumer.paused().containsAll(consumer.assignment())) {
                fetches++;
            }
        });
        ManifestEntry lost = entry(0, 7L);
        assertEquals(List.of(lost), refusal(Duration.ofMinutes(1), lost).gone());
        assertEquals(0, fetches);
    }
}
