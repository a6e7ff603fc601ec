package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.access.Refusals;
import io.millrace.common.access.Role;
import io.millrace.common.access.RunJoin;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.testing.Await;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.topics.TopicSpec;
import io.millrace.common.units.ByteSize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopicAdminTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final RunId run = KafkaCluster.uniqueRun();
    private final RunTopics topics = new RunTopics(run);
    private Admin admin;
    private TopicAdmin topicAdmin;

    @BeforeEach
    void connect() {
        admin = new KafkaClients(new KafkaSettings(KafkaCluster.bootstrap(), Map.of()), 1 << 20).admin("topic-test");
        topicAdmin = new TopicAdmin(admin, LIMIT);
    }

    @AfterEach
    void disconnect() {
        admin.close();
    }

    private TopicSettings settings() {
        return new TopicSettings(run, 4, 1, new ByteSize(1 << 20));
    }

    @Test
    void aRunsTopicsAreMadeOnceAndThenVerified() throws Exception {
        List<String> names =
                TopicSpec.all(settings()).stream().map(TopicSpec::name).toList();

        TopicAdmin.Outcome first = topicAdmin.ensure(settings());
        assertEquals(names, first.created());
        assertEquals(List.of(), first.verified());

        TopicAdmin.Outcome second = topicAdmin.ensure(settings());
        assertEquals(List.of(), second.created());
        assertEquals(names, second.verified());
    }

    @Test
    void everyTopicHasTheFormItsSpecAsksFor() throws Exception {
        topicAdmin.ensure(settings());

        for (TopicSpec spec : TopicSpec.all(settings())) {
            TopicDescription described = admin.describeTopics(List.of(spec.name()))
                    .allTopicNames()
                    .get()
                    .get(spec.name());
            assertEquals(spec.partitions(), described.partitions().size(), spec.name());
            Config config = configOf(ConfigResource.Type.TOPIC, spec.name());
            spec.configs()
                    .forEach((key, value) -> assertEquals(value, config.get(key).value(), spec.name() + " " + key));
        }
    }

    @Test
    void fourProcessesMayMakeTheTopicsAtOnce() throws Exception {
        int processes = 4;
        CountDownLatch go = new CountDownLatch(1);
        List<Future<TopicAdmin.Outcome>> outcomes = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(processes)) {
            for (int i = 0; i < processes; i++) {
                outcomes.add(threads.submit(() -> {
                    go.await();
                    return topicAdmin.ensure(settings());
                }));
            }
            go.countDown();
        }

        List<String> created = new ArrayList<>();
        for (Future<TopicAdmin.Outcome> outcome : outcomes) {
            TopicAdmin.Outcome done = outcome.get(1, TimeUnit.MINUTES);
            created.addAll(done.created());
            assertEquals(
                    TopicSpec.all(settings()).size(),
                    done.created().size() + done.verified().size());
        }
        assertEquals(
                TopicSpec.all(settings()).stream().map(TopicSpec::name).sorted().toList(),
                created.stream().sorted().toList(),
                "each topic is made by exactly one of them");
    }

    private RunJoin join(RunId joined, int partitions) {
        return new RunJoin(
                admin,
                new Refusals(Role.WORKER, new RunTopics(joined), new KafkaSettings(KafkaCluster.bootstrap(), Map.of())),
                new TopicSettings(joined, partitions, 1, new ByteSize(1 << 20)),
                LIMIT);
    }

    @Test
    void whoComesToARunWaitsForItByNameSeesWhichThereAreAndMakesNothing() throws Exception {
        topicAdmin.ensure(settings());
        RunId typo = new RunId(run.value() + "x");

        String awaited = join(typo, 4).waitsFor().orElseThrow();
        assertTrue(
                awaited.startsWith("run '" + typo + "', which its producer has not made yet (no topic " + typo + ".")
                        && awaited.contains("the runs here are")
                        && awaited.contains(run.value()),
                awaited);
        assertEquals(
                List.of(),
                admin.listTopics().names().get().stream()
                        .filter(name -> name.startsWith(typo + "."))
                        .toList());
        assertEquals(Optional.empty(), join(run, 4).waitsFor());
        String other = assertThrows(SettingException.class, () -> join(run, 8).waitsFor())
                .getMessage();
        assertTrue(other.contains("has 4 partitions, this run needs 8 (--result-partitions"), other);
    }

    @Test
    void aWrongPartitionCountIsRefusedWithBothCounts() throws Exception {
        admin.createTopics(List.of(new NewTopic(topics.results(GroupKind.TRAINING), 3, (short) 1)))
                .all()
                .get();

        String message = refusal();
        assertTrue(
                message.contains("topic " + topics.results(GroupKind.TRAINING) + " has 3 partitions, this run needs 4")
                        && message.contains("--result-partitions"),
                message);
    }

    @Test
    void aSplitPromptsLaneIsRefused() throws Exception {
        admin.createTopics(List.of(new NewTopic(topics.lane(Lane.TRAINING), 2, (short) 1)))
                .all()
                .get();

        String message = refusal();
        assertTrue(
                message.contains("topic " + topics.lane(Lane.TRAINING) + " has 2 partitions, this run needs 1"),
                message);
    }

    @Test
    void aTooSmallRecordLimitIsRefusedWithBothSizes() throws Exception {
        topicAdmin.ensure(settings());
        alter(topics.results(GroupKind.TRAINING), "max.message.bytes", "1000000");

        String message = refusal();
        assertTrue(
                message.contains("topic " + topics.results(GroupKind.TRAINING)
                                + " takes records of 1000000 bytes (max.message.bytes)")
                        && message.contains(
                                "--record-size-max needs " + ((1 << 20) + KafkaClients.RECORD_OVERHEAD_BYTES)),
                message);
    }

    @Test
    void aRaisedRecordLimitIsTaken() throws Exception {
        topicAdmin.ensure(settings());
        alter(topics.results(GroupKind.TRAINING), "max.message.bytes", Integer.toString(8 << 20));

        assertEquals(List.of(), topicAdmin.ensure(settings()).created());
    }

    @Test
    void aTopicThatTrimsByTimeIsRefused() throws Exception {
        topicAdmin.ensure(settings());
        alter(topics.lane(Lane.TRAINING), "retention.ms", "604800000");

        String message = refusal();
        assertTrue(
                message.contains("topic " + topics.lane(Lane.TRAINING)
                                + " has retention.ms=604800000, Millrace needs -1")
                        && message.contains("nothing unsettled may be trimmed"),
                message);
    }

    @Test
    void aTopicThatTrimsBySizeIsRefused() throws Exception {
        topicAdmin.ensure(settings());
        alter(topics.steps(), "retention.bytes", "1000000");

        String message = refusal();
        assertTrue(
                message.contains("topic " + topics.steps() + " has retention.bytes=1000000, Millrace needs -1"),
                message);
    }

    @Test
    void recordsOfAHostWhoseClockIsHoursAheadOrBehindAreTakenWithTheBrokersTime() throws Exception {
        topicAdmin.ensure(settings());
        long beforeMs = System.currentTimeMillis() - 1;
        try (Producer<byte[], byte[]> hand =
                new KafkaClients(new KafkaSettings(KafkaCluster.bootstrap(), Map.of()), 1 << 20).producer("off")) {
            for (TopicSpec spec : TopicSpec.all(settings())) {
                for (Duration off : List.of(Duration.ofHours(3), Duration.ofHours(-3))) {
                    long clockMs = System.currentTimeMillis() + off.toMillis();
                    RecordMetadata taken = hand.send(
                                    new ProducerRecord<>(spec.name(), 0, clockMs, new byte[] {1}, new byte[] {1}))
                            .get();
                    assertTrue(
                            taken.timestamp() >= beforeMs && taken.timestamp() <= System.currentTimeMillis() + 1,
                            spec.name() + " has " + taken.timestamp());
                }
            }
        }
    }

    @Test
    void aTopicThatKeepsTheWritersTimesIsRefusedWithWhatToDo() throws Exception {
        topicAdmin.ensure(settings());
        alter(topics.workers(), "message.timestamp.type", "CreateTime");

        String message = refusal();
        assertTrue(
                message.contains("topic " + topics.workers() + " has message.timestamp.type=CreateTime")
                        && message.contains("--add-config message.timestamp.type=LogAppendTime"),
                message);
    }

    @Test
    void aCompactedTopicThatAlsoDeletesIsRefused() throws Exception {
        topicAdmin.ensure(settings());
        alter(topics.policy(), "cleanup.policy", "compact,delete");

        String message = refusal();
        assertTrue(message.contains("topic " + topics.policy() + " has cleanup.policy="), message);
        assertTrue(message.contains("Millrace needs compact"), message);
    }

    @Test
    void everyLanesShareGroupIsConfiguredBeforeAnyWorkerJoins() throws Exception {
        topicAdmin.ensure(settings());

        for (Lane lane : Lane.values()) {
            Config config = configOf(ConfigResource.Type.GROUP, topics.shareGroup(lane));
            assertEquals("earliest", config.get("share.auto.offset.reset").value());
            assertEquals("read_committed", config.get("share.isolation.level").value());
            assertEquals("15000", config.get("share.record.lock.duration.ms").value());
        }
    }

    @Test
    void aReplicationFactorTheClusterCannotHoldIsRefusedByName() {
        TopicSettings three = new TopicSettings(run, 4, 3, new ByteSize(1 << 20));

        String message = assertThrows(SettingException.class, () -> topicAdmin.ensure(three))
                .getMessage();
        assertTrue(message.startsWith("cannot create topic " + topics.lane(Lane.TRAINING)), message);
        assertTrue(message.contains("eplication factor"), message);
    }

    private String refusal() {
        return assertThrows(SettingException.class, () -> topicAdmin.ensure(settings()))
                .getMessage();
    }

    private Config configOf(ConfigResource.Type type, String name) throws Exception {
        ConfigResource resource = new ConfigResource(type, name);
        return admin.describeConfigs(List.of(resource)).all().get().get(resource);
    }

    private void alter(String topic, String key, String value) throws Exception {
        admin.incrementalAlterConfigs(Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, topic),
                        List.of(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET))))
                .all()
                .get();
        // Asked for too early the broker may tell the value before.
        Await.until(
                topic + " to have " + key + "=" + value,
                () -> value.equals(
                        configOf(ConfigResource.Type.TOPIC, topic).get(key).value()),
                LIMIT);
    }
}
