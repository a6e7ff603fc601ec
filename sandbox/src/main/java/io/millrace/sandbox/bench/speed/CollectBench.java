package io.millrace.sandbox.bench.speed;

import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.wire.RolloutGroupCodec;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import tools.jackson.databind.JsonNode;

/**
 * What a trainer consumer makes of results that are there (from its first group to a step of all of them that is leased)
 * beside a Kafka consumer with the same settings that looks at each record's length (from its first record to its last).
 */
final class CollectBench {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int WAIT_MS = 60_000;

    private final SpeedBenchSettings settings;
    private final KafkaSettings kafka;

    CollectBench(SpeedBenchSettings settings) {
        this.settings = settings;
        this.kafka = settings.kafka();
    }

    void run(int tokens, Measured measured) throws Exception {
        int blobBytes = RolloutGroupCodec.encode(
                        Workload.groups(new RunId("w2"), tokens).getFirst())
                .length;
        int count = settings.groups(blobBytes);
        measured.rounds(
                "collect 8 x " + tokens,
                () -> Filled.make(kafka, tokens, count),
                filled -> List.of(
                        new Measured.Arm("raw kafka-clients", () -> raw(filled.run(), count, filled.bytes())),
                        new Measured.Arm("millrace", () -> millrace(filled.run(), count, filled.bytes()))));
    }

    /** A run with results that nobody has read. */
    private record Filled(BenchRun run, long bytes) implements Closeable {
        static Filled make(KafkaSettings kafka, int tokens, int count) throws Exception {
            BenchRun run = new BenchRun(kafka);
            return new Filled(run, fill(run, Workload.groups(run.run, tokens), count));
        }

        @Override
        public void close() throws IOException {
            run.close();
        }
    }

    /** Returns how many bytes all groups have. */
    static long fill(BenchRun run, List<RolloutGroup> groups, int count) {
        long bytes = 0;
        try (Producer<byte[], byte[]> producer = run.clients.producer("bench-fill")) {
            for (int i = 0; i < count; i++) {
                RolloutGroup group = Workload.numbered(groups, i);
                byte[] blob = RolloutGroupCodec.encode(group);
                bytes += blob.length;
                var _ = producer.send(run.record(group, blob));
            }
            producer.flush();
        }
        return bytes;
    }

    private static Map<String, Double> raw(BenchRun run, int count, long bytes) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < BenchRun.PARTITIONS; i++) {
            partitions.add(new TopicPartition(run.topics.results(GroupKind.TRAINING), i));
        }
        try (Consumer<byte[], byte[]> consumer = run.clients.follower("bench-raw")) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long seen = 0;
            long records = consumer.poll(Duration.ZERO).count();
            Spent spent = new Spent();
            while (records < count) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    seen += record.value().length;
                    records++;
                }
            }
            Map<String, Double> figures = spent.figures(count, bytes);
            if (seen > bytes) {
                throw new IllegalStateException(seen + " bytes of " + bytes);
            }
            return figures;
        }
    }

    private static Map<String, Double> millrace(BenchRun run, int count, long bytes) throws Exception {
        try (TrainerInHere trainer = new TrainerInHere(run.trainer(Map.of("batch-groups", Integer.toString(count))))) {
            int begun = trainer.finished();
            Spent spent = new Spent();
            while (begun == 0) {
                TimeUnit.MILLISECONDS.sleep(1);
                spent = new Spent();
                begun = trainer.finished();
            }
            JsonNode lease = trainer.lease(WAIT_MS);
            int left = count - begun;
            Map<String, Double> figures = spent.figures(left, bytes * left / count);
            if (lease.path("groups").intValue() != count) {
                throw new IllegalStateException("leased were " + lease.path("groups") + " of " + count);
            }
            return figures;
        }
    }
}
