package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.it.TrainerProcess.Answer;
import io.millrace.trainer.TrainerSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import tools.jackson.databind.JsonNode;

/** A run of its own with trainer consumers in this JVM, a hand that writes what workers write, and an eye. */
final class TrainerRun implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(30);
    static final int BATCH_GROUPS = 2;
    static final int SAMPLES = 2;
    static final int PARTITIONS = 2;

    final RunId run;
    final RunTopics topics;
    private final KafkaClients clients =
            new KafkaClients(new KafkaSettings(KafkaCluster.bootstrap(), Map.of()), 1 << 20);
    private final Producer<byte[], byte[]> hand = clients.producer("test-hand");

    TrainerRun() throws Exception {
        this(KafkaCluster.uniqueRun());
    }

    /** Beside other processes of the run. */
    TrainerRun(RunId run) throws Exception {
        this(run, Map.of());
    }

    /** @param topicFlags of the topics that the other processes have */
    TrainerRun(RunId run, Map<String, String> topicFlags) throws Exception {
        this.run = run;
        this.topics = new RunTopics(run);
        try (Admin admin = clients.admin("test")) {
            new TopicAdmin(admin, LIMIT).ensure(settings(topicFlags).topics());
        }
    }

    TrainerSettings settings(Map<String, String> more) {
        Map<String, String> flags = new HashMap<>(Map.of(
                "run",
                run.value(),
                "bootstrap",
                KafkaCluster.bootstrap(),
                "result-partitions",
                Integer.toString(PARTITIONS),
                "batch-groups",
                Integer.toString(BATCH_GROUPS),
                "samples-per-group",
                Integer.toString(SAMPLES),
                "max-staleness",
                "1000",
                "trainer-port",
                "0"));
        flags.putAll(more);
        return SettingsBinder.of(TrainerSettings.class, flags);
    }

    TrainerProcess start(Map<String, String> more) throws Exception {
        return new TrainerProcess(settings(more));
    }

    /** Writes results as a worker would; they are durable when it returns. */
    void publish(List<RolloutGroup> groups) throws Exception {
        for (RolloutGroup group : groups) {
            GroupIndex index = group.header().groupIndex();
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                    topics.results(GroupKind.TRAINING),
                    RunTopics.resultPartition(index, PARTITIONS),
                    KafkaClients.key(index),
                    RolloutGroupCodec.encode(group));
            ResultHeaders.writeType(record.headers(), ResultHeaders.Type.GROUP);
            hand.send(record).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** Gives a group up, as the producer does. */
    void abandon(long index, String cause) throws Exception {
        GroupIndex group = new GroupIndex(index);
        ProducerRecord<byte[], byte[]> marker = new ProducerRecord<>(
                topics.results(GroupKind.TRAINING),
                RunTopics.resultPartition(group, PARTITIONS),
                KafkaClients.key(group),
                ControlCodec.encode(new AbandonedMarker(group, new Attempt(3), cause)));
        ResultHeaders.writeType(marker.headers(), ResultHeaders.Type.ABANDONED);
        hand.send(marker).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Writes a task on a prompts lane as the producer would; it is durable when it returns. */
    void issue(String lane, TrainingTask task) throws Exception {
        hand.send(new ProducerRecord<>(lane, 0, KafkaClients.key(task.groupIndex()), ControlCodec.encode(task)))
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Asks for an evaluation, as another trainer consumer of the run did; it is durable when it returns. */
    void ask(EvalRecord.Request request) throws Exception {
        hand.send(new ProducerRecord<>(
                        topics.evals(), 0, KafkaClients.key(request.evalId()), ControlCodec.encode(request)))
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Every record of {@code steps} or {@code policy} of a type, in order. */
    <T extends ControlRecord> List<T> records(String topic, Class<T> type) throws Exception {
        Class<? extends ControlRecord> any = topic.equals(topics.policy()) ? Policy.class : StepRecord.class;
        List<byte[]> values = new ArrayList<>();
        try (PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("test-eye")), LIMIT)) {
            reader.read(new TopicPartition(topic, 0), 0, record -> values.add(record.value()));
        }
        List<T> found = new ArrayList<>();
        for (byte[] value : values) {
            ControlRecord decoded = ControlCodec.decode(value, any);
            if (type.isInstance(decoded)) {
                found.add(type.cast(decoded));
            }
        }
        return found;
    }

    static JsonNode assertStatus(int expected, Answer answer) {
        assertEquals(expected, answer.status(), () -> new String(answer.body(), StandardCharsets.UTF_8));
        return answer.json();
    }

    static JsonNode assertOk(Answer answer) {
        return assertStatus(200, answer);
    }

    @Override
    public void close() {
        hand.close();
    }
}
