package io.millrace.sandbox.bench.speed;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.trainer.TrainerSettings;
import io.millrace.worker.publish.PublishSettings;
import io.millrace.worker.publish.ResultPublisher;
import io.millrace.worker.publish.ResultPublisher.EndedAttempt;
import io.millrace.worker.publish.ResultRecords;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;

/** A run of its own on the broker: its topics, and what workers and trainers of it need. Its topics go with it. */
final class BenchRun implements Closeable {
    static final int PARTITIONS = 4;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final AtomicLong NUMBER = new AtomicLong();

    final RunId run;
    final RunTopics topics;
    final KafkaClients clients;
    private final KafkaSettings kafka;
    private final int recordBytesMax;

    BenchRun(KafkaSettings kafka) throws Exception {
        this.run = new RunId("bench-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet());
        this.topics = new RunTopics(run);
        this.kafka = kafka;
        TrainerSettings trainer = trainer(Map.of());
        this.recordBytesMax = trainer.topics().recordSizeMax().intBytes();
        this.clients = KafkaClients.patient(kafka, recordBytesMax);
        try (Admin admin = clients.admin("bench")) {
            new TopicAdmin(admin, LIMIT).ensure(trainer.topics());
        }
    }

    /** Settings of the run's trainer consumer. */
    TrainerSettings trainer(Map<String, String> more) {
        Map<String, String> flags = new HashMap<>(Map.of(
                "run", run.value(),
                "bootstrap", kafka.bootstrap(),
                "result-partitions", Integer.toString(PARTITIONS),
                "samples-per-group", Integer.toString(Workload.SAMPLES),
                "max-staleness", "1000",
                "trainer-port", "0"));
        flags.putAll(more);
        return SettingsBinder.of(TrainerSettings.class, flags);
    }

    /** What a worker publishes by. */
    ResultPublisher publisher(Fatal fatal) {
        return new ResultPublisher(
                clients.producer(
                        "bench-results",
                        SettingsBinder.of(PublishSettings.class, Map.of()).producerProperties(kafka.properties())),
                topics,
                records(topics.results(GroupKind.TRAINING), PARTITIONS),
                records(topics.results(GroupKind.EVALUATION), PARTITIONS),
                records(topics.partials(), 1),
                new WorkerIncarnation("bench", "a1b2c3d4"),
                new SimpleMeterRegistry(),
                Ticker.system(),
                LIMIT,
                fatal);
    }

    private ResultRecords records(String topic, int partitions) {
        return new ResultRecords(topic, partitions, recordBytesMax, 1 << 30);
    }

    /** A group that a worker has made. */
    EndedAttempt ended(RolloutGroup group) {
        GroupIndex index = group.header().groupIndex();
        TrainingTask task = new TrainingTask(
                index,
                group.header().attempt(),
                Workload.SAMPLES,
                group.header().lineage(),
                group.header().issueVersion(),
                group.header().issuedAtMs(),
                group.header().prompt(),
                group.header().label(),
                group.header().metadata(),
                SamplingParams.defaults(1 << 16),
                new TrainingTask.Source("bench", 1, 0, index.value()),
                null,
                null,
                null);
        return new EndedAttempt(task, Lane.TRAINING, 1_000);
    }

    /** The record of a group, as a worker makes it. */
    ProducerRecord<byte[], byte[]> record(RolloutGroup group, byte[] blob) {
        GroupIndex index = group.header().groupIndex();
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topics.results(GroupKind.TRAINING),
                RunTopics.resultPartition(index, PARTITIONS),
                KafkaClients.key(index),
                blob);
        ResultHeaders.writeGroup(record.headers(), group.header().attempt());
        return record;
    }

    @Override
    public void close() throws IOException {
        try (Admin admin = clients.admin("bench-end")) {
            String prefix = run.value() + ".";
            List<String> names = joined(admin.listTopics().names()).stream()
                    .filter(name -> name.startsWith(prefix))
                    .toList();
            joined(admin.deleteTopics(names).all());
        }
    }

    private static <T> T joined(KafkaFuture<T> asked) {
        return asked.toCompletionStage().toCompletableFuture().join();
    }
}
