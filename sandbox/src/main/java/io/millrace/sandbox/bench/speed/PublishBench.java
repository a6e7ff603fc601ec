package io.millrace.sandbox.bench.speed;

import io.millrace.common.id.RunId;
import io.millrace.common.record.GroupKind;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.worker.publish.ResultPublisher;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;

/**
 * A worker's publishing (encode, send, broker's acknowledgement, receipt) beside a Kafka producer with the clients' own
 * settings that sends the same bytes, made before.
 */
final class PublishBench {
    /** As many groups are on their way at once. */
    private static final int OUTSTANDING = 64;

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(30);

    private final SpeedBenchSettings settings;

    PublishBench(SpeedBenchSettings settings) {
        this.settings = settings;
    }

    void run(int tokens, Measured measured) throws Exception {
        List<RolloutGroup> groups = Workload.groups(new RunId("w2"), tokens);
        byte[][] blobs = groups.stream().map(RolloutGroupCodec::encode).toArray(byte[][]::new);
        int count = settings.groups(blobs[0].length);
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes += blobs[i % blobs.length].length;
        }
        long sent = bytes;
        measured.rounds(
                "publish 8 x " + tokens,
                () -> new BenchRun(settings.kafka()),
                run -> List.of(
                        new Measured.Arm("raw kafka-clients", () -> raw(run, groups, blobs, count, sent)),
                        new Measured.Arm("millrace", () -> {
                            var figures = millrace(run, groups, count, sent);
                            figures.put("bytes_per_token", sent / (double) count / Workload.SAMPLES / tokens);
                            return figures;
                        })));
    }

    private static Map<String, Double> raw(
            BenchRun run, List<RolloutGroup> groups, byte[][] blobs, int count, long bytes) throws Exception {
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        try (Producer<byte[], byte[]> producer = run.clients.producer("bench-raw")) {
            producer.partitionsFor(run.topics.results(GroupKind.TRAINING));
            Semaphore room = new Semaphore(OUTSTANDING);
            Spent spent = new Spent();
            for (int i = 0; i < count; i++) {
                room.acquire();
                int distinct = i % blobs.length;
                var _ = producer.send(run.record(groups.get(distinct), blobs[distinct]), (metadata, e) -> {
                    if (e != null) {
                        failure.compareAndSet(null, e);
                    }
                    room.release();
                });
            }
            room.acquire(OUTSTANDING);
            Map<String, Double> figures = spent.figures(count, bytes);
            rethrow(failure.get());
            return figures;
        }
    }

    private static Map<String, Double> millrace(BenchRun run, List<RolloutGroup> groups, int count, long bytes)
            throws Exception {
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        ResultPublisher publisher =
                run.publisher((who, cause) -> failure.compareAndSet(null, new IllegalStateException(who, cause)));
        try {
            Semaphore room = new Semaphore(OUTSTANDING);
            Spent spent = new Spent();
            for (int i = 0; i < count; i++) {
                room.acquire();
                RolloutGroup group = groups.get(i % groups.size());
                publisher.publish(run.ended(group), group, room::release);
            }
            room.acquire(OUTSTANDING);
            Map<String, Double> figures = spent.figures(count, bytes);
            rethrow(failure.get());
            return figures;
        } finally {
            publisher.close(CLOSE_LIMIT);
        }
    }

    private static void rethrow(@Nullable Exception failure) throws Exception {
        if (failure != null) {
            throw failure;
        }
    }
}
