package io.millrace.sandbox.bench;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.source.PromptOrder;
import io.millrace.producer.source.TaskFactory;
import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetLoader;
import io.millrace.producer.source.load.DataSetSpec;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a run whose every published group is trained, as its processes would have left them with nothing
 * trimmed: all prompts, and for each step a lease and an acknowledgement with a new weight version. Results are left
 * out, since nobody reads those of trained groups.
 */
final class SeededRun {
    /** The producer's defaults, so that a producer with these takes the run on. */
    private static final long ATTEMPT_LIMIT_MS = 7_200_000;

    private static final long SEED = 42;

    private static final SamplingParams SAMPLING = SamplingParams.defaults(1024);

    private final SeedRunSettings settings;
    private final RunTopics topics;
    private final Producer<byte[], byte[]> producer;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    SeededRun(SeedRunSettings settings, Producer<byte[], byte[]> producer) {
        this.settings = settings;
        this.topics = new RunTopics(settings.topics().run());
        this.producer = producer;
    }

    void write() throws Exception {
        prompts();
        steps();
        producer.flush();
        Exception failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    private void prompts() throws Exception {
        DataSet dataSet = DataSetLoader.load(
                DataSetSpec.parse(settings.dataset().toString()),
                new RowShape("prompt", "label", "metadata", ChatTemplate.CHATML),
                RowLimits.DEFAULTS,
                RowCheck.NONE);
        TaskFactory tasks = new TaskFactory(
                dataSet,
                new PromptOrder(SEED, dataSet.size(), true, 0),
                settings.batch().samplesPerGroup(),
                SAMPLING,
                null,
                ATTEMPT_LIMIT_MS);
        for (long index = 0; index < settings.settledGroups(); index++) {
            TrainingTask task = tasks.task(
                    new GroupIndex(index), policy(index / settings.batch().batchGroups()), 0);
            send(topics.lane(Lane.TRAINING), KafkaClients.key(task.groupIndex()), task);
        }
    }

    private void steps() {
        long steps = settings.settledGroups() / settings.batch().batchGroups();
        for (long step = 0; step < steps; step++) {
            send(topics.steps(), key(step), lease(step));
            StepRecord.Acknowledgement ack = acknowledgement(step);
            send(topics.steps(), key(step), ack);
            if ((step + 1) % settings.snapshotSteps() == 0) {
                send(topics.steps(), KafkaClients.key(Snapshot.KEY), snapshot(step, ack));
            }
        }
        send(topics.policy(), KafkaClients.key(Policy.KEY), policy(steps));
    }

    private static byte[] key(long step) {
        return KafkaClients.key(Long.toString(step));
    }

    private Policy policy(long version) {
        return new Policy(
                new Lineage(0),
                new WeightVersion(version),
                version * settings.batch().batchGroups(),
                Policy.State.READY,
                0);
    }

    private StepRecord.Lease lease(long step) {
        int groups = settings.batch().batchGroups();
        List<ManifestEntry> manifest = new ArrayList<>(groups);
        for (long index = step * groups; index < (step + 1) * groups; index++) {
            manifest.add(new ManifestEntry(
                    new GroupIndex(index),
                    new Attempt(1),
                    new WeightVersion(step),
                    RunTopics.resultPartition(
                            new GroupIndex(index), settings.topics().resultPartitions()),
                    List.of(index / settings.topics().resultPartitions())));
        }
        return new StepRecord.Lease(
                new Lineage(0),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(step),
                0,
                manifest);
    }

    private StepRecord.Acknowledgement acknowledgement(long step) {
        return new StepRecord.Acknowledgement(
                new Lineage(0),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(step + 1),
                0,
                totals(step),
                null);
    }

    private StepRecord.Totals totals(long step) {
        long trained = (step + 1) * settings.batch().batchGroups();
        return new StepRecord.Totals(trained, 0, 0, trained);
    }

    private Snapshot snapshot(long step, StepRecord.Acknowledgement ack) {
        StepRecord.Totals totals = totals(step);
        return new Snapshot(
                new Lineage(0),
                new StepNumber(step + 1),
                0,
                ack,
                totals,
                new Policy(new Lineage(0), new WeightVersion(step + 1), totals.trained(), Policy.State.READY, 0),
                List.of(new SettledIndices.Range(0, totals.trained())),
                List.of(),
                List.of(),
                List.of(),
                0,
                List.of(),
                0,
                0,
                0);
    }

    private void send(String topic, byte[] key, ControlRecord record) {
        var _ = producer.send(new ProducerRecord<>(topic, 0, key, ControlCodec.encode(record)), (metadata, e) -> {
            if (e != null) {
                failure.compareAndSet(null, e);
            }
        });
    }
}
