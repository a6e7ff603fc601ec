package io.millrace.sandbox.oracle;

import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.sandbox.oracle.account.EngineAccount;
import io.millrace.sandbox.oracle.account.Finding;
import io.millrace.sandbox.oracle.account.SeenRecord;
import io.millrace.sandbox.oracle.account.TopicAccount;
import io.millrace.sandbox.oracle.account.TrainerAccount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a run's topics from their beginning while it runs, and judges it when it has been drained. The loop's thread
 * owns consumer and account until {@link #stop}; then the caller of {@link #judge} does.
 */
public final class Oracle implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(Oracle.class);
    /** Header of records that the run itself writes as an enemy would; they mean nothing. */
    public static final String HOSTILE_HEADER = SeenRecord.HOSTILE;

    private static final Duration POLL = Duration.ofMillis(200);
    private static final int POLL_RECORDS_MAX = 1_000;

    private final String prefix;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final TopicAccount account = new TopicAccount();
    private final OwnerLoop loop;
    private final AtomicReference<@Nullable CountDownLatch> wantsEnd = new AtomicReference<>();
    private boolean assigned;

    /**
     * @param bootstrap reaches the brokers themselves, past any proxy
     * @param run whose topics exist
     */
    public Oracle(String bootstrap, String run, Fatal fatal) {
        this.prefix = run + ".";
        Map<String, Object> properties = new HashMap<>();
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "millrace-oracle");
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // Records deleted before they were seen must be noticed.
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS_MAX);
        this.consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.loop = new OwnerLoop("oracle", this, fatal);
    }

    public void start() {
        loop.start();
    }

    @Override
    public void runOnce() {
        if (!assigned) {
            assign();
        }
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                account.take(seen(record));
            }
        } catch (LogTruncationException e) {
            truncated(e.divergentOffsets());
        } catch (OffsetOutOfRangeException e) {
            outOfRange(e);
        }
        CountDownLatch wanted = wantsEnd.get();
        if (wanted != null && atEnd()) {
            wantsEnd.set(null);
            wanted.countDown();
        }
    }

    /** A broker came back without the end of its log: what stood there does not count, what comes there does. */
    private void truncated(Map<TopicPartition, OffsetAndMetadata> divergent) {
        divergent.forEach((partition, end) -> vanished(partition, end.offset()));
    }

    private void outOfRange(OffsetOutOfRangeException e) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(e.partitions());
        e.offsetOutOfRangePartitions().forEach((partition, position) -> {
            long end = ends.getOrDefault(partition, position);
            if (position > end) {
                vanished(partition, end);
            } else {
                account.unread.add(new Finding(
                        Finding.Kind.UNREAD,
                        "records of " + partition + " were deleted before the oracle had read them, from " + position
                                + " on"));
                consumer.seekToBeginning(List.of(partition));
            }
        });
    }

    private void vanished(TopicPartition partition, long end) {
        log.info("the end of {} is gone from {} on", partition, end);
        account.vanished(partition.topic().substring(prefix.length()), partition.partition(), end);
        consumer.seek(partition, end);
    }

    private void assign() {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : TopicAccount.TOPICS) {
            consumer.partitionsFor(prefix + topic)
                    .forEach(info -> partitions.add(new TopicPartition(info.topic(), info.partition())));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        assigned = true;
    }

    private boolean atEnd() {
        return consumer.endOffsets(consumer.assignment()).entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private SeenRecord seen(ConsumerRecord<byte[], byte[]> record) {
        Map<String, String> headers = new HashMap<>();
        for (Header header : record.headers()) {
            headers.put(header.key(), text(header.value()));
        }
        return new SeenRecord(
                record.topic().substring(prefix.length()),
                record.partition(),
                record.offset(),
                record.timestamp(),
                record.key() == null ? null : text(record.key()),
                headers,
                record.value());
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }

    /** Waits until everything that stands on the topics now has been read; the run must be drained. */
    public boolean awaitEnd(Duration limit) throws InterruptedException {
        CountDownLatch reached = new CountDownLatch(1);
        wantsEnd.set(reached);
        return reached.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Reads no more. */
    public void stop(Duration limit) throws InterruptedException {
        loop.stop(limit);
    }

    /**
     * After {@link #stop}.
     *
     * @param journal of the simulated trainer
     * @param engineLedgers one of each engine
     */
    public Verdict judge(Path journal, List<Path> engineLedgers, Rules rules) throws IOException {
        return new Judge(account, TrainerAccount.read(journal), EngineAccount.read(engineLedgers), rules).judge();
    }

    @Override
    public void wakeup() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
