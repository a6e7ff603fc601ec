package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.metrics.MetricsSettings;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.Await;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.units.ByteSize;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.it.TrainerProcess.Answer;
import io.millrace.trainer.TrainerSettings;
import io.millrace.trainer.download.DownloadSettings;
import io.millrace.trainer.evaluate.EvaluationSettings;
import io.millrace.trainer.filter.FilterSettings;
import io.millrace.trainer.gate.BatchOrder;
import io.millrace.trainer.gate.GateSettings;
import io.millrace.trainer.gate.OnStale;
import io.millrace.trainer.journal.KeptSteps;
import io.millrace.trainer.page.PageSettings;
import io.millrace.trainer.policy.VersionSettings;
import io.millrace.trainer.session.RecoverySettings;
import io.millrace.trainer.steps.ResumeMode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a trainer consumer does after a restart, for a trainer that goes back, and with records that are not ours. */
class TrainerRecoveryTest {
    private static final int SAMPLES = 2;
    private static final int PARTITIONS = 2;
    /** What the first step leads to. */
    private static final long FIRST_VERSION = 1;

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final RunId run = KafkaCluster.uniqueRun();
    private final RunTopics topics = new RunTopics(run);
    private int foreign;
    private KafkaClients clients;
    private Producer<byte[], byte[]> producer;

    @BeforeEach
    void connect() throws Exception {
        clients = new KafkaClients(new KafkaSettings(KafkaCluster.bootstrap(), Map.of()), 1 << 20);
        try (Admin admin = clients.admin("test")) {
            new TopicAdmin(admin, LIMIT).ensure(topicSettings());
        }
        producer = clients.producer("test");
    }

    @AfterEach
    void disconnect() {
        producer.close();
    }

    private TopicSettings topicSettings() {
        return new TopicSettings(run, PARTITIONS, 1, new ByteSize(1 << 20));
    }

    private TrainerProcess trainer(RecoverySettings recovery) throws Exception {
        return new TrainerProcess(new TrainerSettings(
                topicSettings(),
                new KafkaSettings(KafkaCluster.bootstrap(), Map.of()),
                new BatchSettings(2, SAMPLES, 1, 1),
                new GateSettings(1000, OnStale.WAIT, BatchOrder.OLDEST_FIRST, false),
                FilterSettings.none(),
                recovery,
                VersionSettings.defaults(),
                SettingsBinder.of(EvaluationSettings.class, Map.of()),
                1,
                "127.0.0.1",
                0,
                Duration.ofSeconds(30),
                new ByteSize(64 << 20),
                new ByteSize(8 << 20),
                32,
                Duration.ofSeconds(10),
                LIMIT,
                Duration.ofMinutes(10),
                HttpDoorSettings.DEFAULTS,
                PageSettings.OFF,
                DownloadSettings.DEFAULTS,
                MetricsSettings.DEFAULTS));
    }

    private static RecoverySettings keeping(int steps) {
        return new RecoverySettings(
                1, Duration.ofMillis(100), steps, 1000, null, ResumeMode.REPLAY, null, null, Duration.ofSeconds(1));
    }

    private void publish(long... indices) throws Exception {
        publishOf(0, indices);
    }

    private void publishOf(long version, long... indices) throws Exception {
        for (long index : indices) {
            byte[] blob = RolloutGroupCodec.encode(TestingRollouts.withVersions(
                    TestingRollouts.group(run, index, 1, SAMPLES, Reward.of(0.5), "answer"),
                    version,
                    version,
                    version));
            GroupIndex group = new GroupIndex(index);
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                    topics.results(GroupKind.TRAINING),
                    RunTopics.resultPartition(group, PARTITIONS),
                    KafkaClients.key(group),
                    blob);
            ResultHeaders.writeType(record.headers(), ResultHeaders.Type.GROUP);
            producer.send(record).get(30, TimeUnit.SECONDS);
        }
    }

    /** Leases and acknowledges a step with the groups it gets. */
    private static byte[] train(TrainerProcess trainer, long step, long version) throws Exception {
        assertOk(trainer.lease(step, 20000));
        byte[] batch = groups(trainer);
        assertOk(trainer.acknowledge("{\"weight_version\": " + version + "}"));
        return batch;
    }

    /** The batch's groups, without what names the lineage and version it was leased under. */
    private static byte[] groups(TrainerProcess trainer) throws Exception {
        return trainer.batch().json().path("groups").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode assertOk(Answer answer) {
        assertEquals(200, answer.status(), () -> new String(answer.body(), StandardCharsets.UTF_8));
        return answer.json();
    }

    private <T> List<T> records(String topic, Class<T> type) throws Exception {
        List<T> found = new ArrayList<>();
        try (PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("look")), LIMIT)) {
            reader.read(new TopicPartition(topic, 0), 0, record -> {
                if (record.value() == null) {
                    foreign++;
                    return;
                }
                try {
                    var decoded = topic.equals(topics.steps())
                            ? ControlCodec.decode(record.value(), StepRecord.class)
                            : topic.equals(topics.policy())
                                    ? ControlCodec.decode(record.value(), Policy.class)
                                    : ControlCodec.decode(record.value(), DeadLetter.class);
                    if (type.isInstance(decoded)) {
                        found.add(type.cast(decoded));
                    }
                } catch (BadRecordException e) {
                    // Written by the test itself.
                    foreign++;
                }
            });
        }
        return found;
    }

    @Test
    void aTrainerThatGoesBackGetsTheRecordedBatchesBitForBit() throws Exception {
        publish(LongStream.range(0, 8).toArray());
        List<byte[]> first = new ArrayList<>();
        try (TrainerProcess trainer = trainer(keeping(100))) {
            for (long step = 0; step < 3; step++) {
                first.add(train(trainer, step, FIRST_VERSION + step));
            }
        }
        RecoverySettings back =
                new RecoverySettings(1, LIMIT, 100, 1000, 1L, ResumeMode.REPLAY, 1L, null, Duration.ofSeconds(1));
        try (TrainerProcess trainer = trainer(back)) {
            JsonNode status = assertOk(trainer.get("/v1/status"));
            assertEquals(1, status.path("lineage").longValue());
            assertEquals(1, status.path("next_step").longValue());
            assertEquals(FIRST_VERSION, status.path("weight_version").longValue());
            assertEquals(3, status.path("replay_before").longValue());
            assertArrayEquals(first.get(1), train(trainer, 1, FIRST_VERSION + 1));
        }
        // The same flags again: the run is in that lineage, and goes on where it was.
        try (TrainerProcess trainer = trainer(back)) {
            assertEquals(2, trainer.get("/v1/status").json().path("next_step").longValue());
            assertArrayEquals(first.get(2), train(trainer, 2, FIRST_VERSION + 2));
            JsonNode status = trainer.get("/v1/status").json();
            assertEquals(6, status.path("trained").longValue());
            train(trainer, 3, FIRST_VERSION + 3);
            assertEquals(8, trainer.get("/v1/status").json().path("trained").longValue());
        }
        List<Policy> policies = records(topics.policy(), Policy.class);
        // As many groups as had been trained when each version was reached, in the first lineage and in the second.
        assertTrue(
                policies.stream()
                        .allMatch(policy -> policy.trainedGroups()
                                == 2 * Math.max(0, policy.weightVersion().value() - FIRST_VERSION + 1)),
                policies::toString);
        try (PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("look")), LIMIT)) {
            KeptSteps kept = new KeptSteps(topics, reader);
            assertEquals(
                    kept.step(new StepNumber(2), new Lineage(0))
                            .orElseThrow()
                            .lease()
                            .groups(),
                    kept.step(new StepNumber(2), new Lineage(1))
                            .orElseThrow()
                            .lease()
                            .groups());
        }
    }

    @Test
    void aStepThatAnEndedTrainerWaitedForAheadIsNotWaitedForWhenAllThatMayBeLeasedIs() throws Exception {
        publish(0, 1, 2, 3);
        try (TrainerProcess trainer = trainer(keeping(100))) {
            train(trainer, 0, FIRST_VERSION);
            assertOk(trainer.lease(1, 20000));
            assertEquals(202, trainer.lease(2, 0).status());
            assertOk(trainer.post("/v1/resume", "{\"step\": 0, \"lineage\": 1}"));
            assertOk(trainer.lease(0, 20000));
            assertOk(trainer.lease(1, 20000));
            JsonNode status = assertOk(trainer.get("/v1/status"));
            assertEquals(4, status.path("leased").longValue());
        }
    }

    @Test
    void aFreshLineageGoesOnWithNewGroupsAndDropsThoseOfTheFutureItGaveUp() throws Exception {
        try (TrainerProcess trainer = trainer(keeping(100))) {
            publish(0, 1, 2, 3);
            train(trainer, 0, 1);
            train(trainer, 1, 2);
            // Of a version after the checkpoint's.
            publishOf(2, 4, 5);
            Await.until(
                    "two groups finished",
                    () -> trainer.get("/v1/status").json().path("finished").longValue() == 2,
                    LIMIT);
            String body = "{\"step\": 1, \"mode\": \"fresh\", \"lineage\": 1}";
            JsonNode resumed = assertOk(trainer.post("/v1/resume", body));
            assertEquals(1, resumed.path("next_step").longValue());
            assertEquals(resumed, assertOk(trainer.post("/v1/resume", body)));
            JsonNode status = trainer.get("/v1/status").json();
            assertEquals(2, status.path("discarded").longValue());
            assertEquals(4, status.path("trained").longValue());
            assertEquals(
                    409,
                    trainer.post("/v1/resume", "{\"step\": 5, \"lineage\": 2}").status());
        }
        List<Policy> policies = records(topics.policy(), Policy.class);
        assertEquals(4, policies.getLast().trainedGroups());
        assertEquals(
                2,
                records(topics.steps(), StepRecord.Discard.class).stream()
                        .filter(discard -> discard.reason().equals("lineage"))
                        .count());
    }

    @Test
    void aTrainerOfAnotherRunsCheckpointGoesOnAtThisStepWithItsOwnCount() throws Exception {
        publish(LongStream.range(0, 4).toArray());
        try (TrainerProcess trainer = trainer(keeping(100))) {
            train(trainer, 0, FIRST_VERSION);
        }
        RecoverySettings fresh =
                new RecoverySettings(1, LIMIT, 100, 1000, 1L, ResumeMode.FRESH, null, 500L, Duration.ofSeconds(1));
        try (TrainerProcess trainer = trainer(fresh)) {
            JsonNode status = assertOk(trainer.get("/v1/status"));
            assertEquals(1, status.path("lineage").longValue());
            assertEquals(1, status.path("next_step").longValue());
            assertEquals(500, status.path("weight_version").longValue());
            assertEquals("updating", status.path("policy_state").stringValue());
            train(trainer, 1, 501);
            assertEquals(
                    501, trainer.get("/v1/status").json().path("weight_version").longValue());
        }
        assertEquals(
                FIRST_VERSION + 1,
                records(topics.policy(), Policy.class).getLast().weightVersion().value());
    }

    @Test
    void aRecordedStepWhoseResultsAreGoneIsRefusedWithWhatToDo() throws Exception {
        publish(LongStream.range(0, 6).toArray());
        try (TrainerProcess trainer = trainer(keeping(100));
                Admin admin = clients.admin("delete")) {
            for (long step = 0; step < 3; step++) {
                train(trainer, step, FIRST_VERSION + step);
            }
            assertOk(trainer.post("/v1/resume", "{\"step\": 1, \"lineage\": 1}"));
            assertOk(trainer.lease(1, 20000));
            admin.deleteRecords(Map.of(
                            new TopicPartition(topics.results(GroupKind.TRAINING), 0), RecordsToDelete.beforeOffset(2)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
            Answer refused = trainer.batch();
            assertEquals(409, refused.status());
            String why = refused.json().path("error").stringValue();
            assertTrue(why.contains("cannot be replayed; resume at step 1 with mode fresh"), why);
            assertTrue(records(topics.steps(), StepRecord.LeaseVoid.class).isEmpty(), "there are no other groups");
            assertOk(trainer.post("/v1/resume", "{\"step\": 1, \"mode\": \"fresh\", \"lineage\": 2}"));
            publish(6, 7);
            train(trainer, 1, FIRST_VERSION + 1);
            assertEquals(8, trainer.get("/v1/status").json().path("trained").longValue());
        }
    }

    @Test
    void resultsAreTrimmedAndKeptStepsStayReplayable() throws Exception {
        publish(LongStream.range(0, 12).toArray());
        try (TrainerProcess trainer = trainer(keeping(2));
                PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("look")), LIMIT)) {
            List<byte[]> batches = new ArrayList<>();
            for (long step = 0; step < 5; step++) {
                batches.add(train(trainer, step, FIRST_VERSION + step));
            }
            TopicPartition partition = new TopicPartition(topics.results(GroupKind.TRAINING), 0);
            Await.until("results are deleted up to the kept steps", () -> reader.begin(partition) == 3, LIMIT);
            Answer refused = trainer.post("/v1/resume", "{\"step\": 2, \"lineage\": 1}");
            assertEquals(409, refused.status());
            assertTrue(refused.json().path("error").stringValue().contains("steps 3 to 5 are possible"));
            assertOk(trainer.post("/v1/resume", "{\"step\": 3, \"lineage\": 1}"));
            assertArrayEquals(batches.get(3), train(trainer, 3, FIRST_VERSION + 3));
            assertArrayEquals(batches.get(4), train(trainer, 4, FIRST_VERSION + 4));
            train(trainer, 5, FIRST_VERSION + 5);
        }
        try (TrainerProcess again = trainer(keeping(2))) {
            JsonNode status = again.get("/v1/status").json();
            assertEquals(12, status.path("trained").longValue());
            assertEquals(0, status.path("duplicates_dropped").longValue());
        }
    }

    /** What the session before said of deletions that fail is taken back by the next, whose deletions are done. */
    @Test
    void aSessionThatEndsWhileDeletionsFailLeavesNoWordOfIt() throws Exception {
        RecoverySettings recovery = new RecoverySettings(
                1, Duration.ofMillis(300), 1, 1000, null, ResumeMode.REPLAY, null, null, Duration.ofSeconds(1));
        try (Admin admin = clients.admin("test");
                TrainerProcess trainer = trainer(recovery);
                PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("look")), LIMIT)) {
            // The broker deletes no records of a topic that it compacts.
            keeps(admin, "compact");
            publish(LongStream.range(0, 8).toArray());
            for (long step = 0; step < 3; step++) {
                train(trainer, step, FIRST_VERSION + step);
            }
            Await.until("it fails for long", () -> deletion(trainer).equalsIgnoreCase("waiting"), LIMIT);
            try (Producer<byte[], byte[]> nobody =
                    clients.transactionalProducer("nobody", topics.trainerTransactionalId())) {
                nobody.initTransactions();
            }
            Await.until("another session", () -> trainer.lease(3, 1000).status() == 200, LIMIT);
            keeps(admin, "delete");
            Await.until("no word of it", () -> deletion(trainer).equalsIgnoreCase("running"), LIMIT);
            assertTrue(reader.begin(new TopicPartition(topics.results(GroupKind.TRAINING), 0)) > 0);
        }
    }

    private static String deletion(TrainerProcess trainer) throws Exception {
        return trainer.get("/health/ready")
                .json()
                .path("parts")
                .path("deletion")
                .path("state")
                .asString("");
    }

    private void keeps(Admin admin, String policy) throws Exception {
        admin.incrementalAlterConfigs(Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, topics.results(GroupKind.TRAINING)),
                        List.of(new AlterConfigOp(
                                new ConfigEntry(TopicConfig.CLEANUP_POLICY_CONFIG, policy), AlterConfigOp.OpType.SET))))
                .all()
                .get(30, TimeUnit.SECONDS);
    }

    @Test
    void recordsThatAreNotOursAreSkippedOnceOnEveryTopic() throws Exception {
        byte[] garbage = {1, 2, 3};
        publish(0);
        try (TrainerProcess trainer = trainer(keeping(100))) {
            publish(1);
            train(trainer, 0, 1);
        }
        for (String topic : List.of(topics.steps(), topics.policy(), topics.results(GroupKind.TRAINING))) {
            producer.send(new ProducerRecord<>(topic, 0, garbage, garbage)).get(30, TimeUnit.SECONDS);
            byte[] tombstone = null;
            if (!topic.equals(topics.policy())) {
                producer.send(new ProducerRecord<>(topic, 0, garbage, tombstone))
                        .get(30, TimeUnit.SECONDS);
            }
            byte[] older = "{\"v\": 0, \"type\": \"lease\"}".getBytes(StandardCharsets.UTF_8);
            producer.send(new ProducerRecord<>(topic, 0, KafkaClients.key("snapshot"), older))
                    .get(30, TimeUnit.SECONDS);
        }
        publish(2, 3);
        for (int start = 0; start < 3; start++) {
            try (TrainerProcess trainer = trainer(keeping(100))) {
                assertOk(trainer.lease(1, 20000));
                assertEquals(
                        3,
                        trainer.get("/v1/status")
                                .json()
                                .path("skipped_bad_records")
                                .longValue());
            }
        }
        assertEquals(3, records(topics.steps(), StepRecord.Skip.class).size());
        assertEquals(
                8, records(topics.deadLetters(), DeadLetter.Unreadable.class).size());
    }
}
