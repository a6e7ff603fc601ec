package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdInputStream;
import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.metrics.MetricsSettings;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.Await;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.units.ByteSize;
import io.millrace.common.wire.BatchHeader;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutBatch;
import io.millrace.common.wire.RolloutBatchCodec;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.it.TrainerProcess.Answer;
import io.millrace.trainer.TrainerSettings;
import io.millrace.trainer.TrainerWiring;
import io.millrace.trainer.batch.GroupAdvantages;
import io.millrace.trainer.batch.LeasedBatch;
import io.millrace.trainer.download.DownloadSettings;
import io.millrace.trainer.evaluate.EvaluationSettings;
import io.millrace.trainer.filter.FilterSettings;
import io.millrace.trainer.gate.GateSettings;
import io.millrace.trainer.page.PageSettings;
import io.millrace.trainer.policy.VersionSettings;
import io.millrace.trainer.queue.RolloutQueue;
import io.millrace.trainer.session.RecoverySettings;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class TrainerConsumerTest {
    private static final int BATCH_GROUPS = 4;
    private static final int SAMPLES = 2;
    private static final int PARTITIONS = 4;
    private static final Lineage LINEAGE = new Lineage(0);
    private static final String SAFETENSORS = "application/vnd.safetensors";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final RunId run = KafkaCluster.uniqueRun();
    private final RunTopics topics = new RunTopics(run);
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

    private TrainerSettings settings(long payloadBytesMax) {
        return new TrainerSettings(
                topicSettings(),
                new KafkaSettings(KafkaCluster.bootstrap(), Map.of()),
                new BatchSettings(BATCH_GROUPS, SAMPLES, 1, 1),
                SettingsBinder.of(GateSettings.class, Map.of()),
                FilterSettings.none(),
                SettingsBinder.of(RecoverySettings.class, Map.of()),
                VersionSettings.defaults(),
                SettingsBinder.of(EvaluationSettings.class, Map.of()),
                1,
                "127.0.0.1",
                0,
                Duration.ofSeconds(30),
                new ByteSize(payloadBytesMax),
                new ByteSize(8 << 20),
                32,
                Duration.ofSeconds(10),
                LIMIT,
                Duration.ofMinutes(10),
                HttpDoorSettings.DEFAULTS,
                PageSettings.OFF,
                DownloadSettings.DEFAULTS,
                MetricsSettings.DEFAULTS);
    }

    private TrainerProcess trainer() throws Exception {
        return new TrainerProcess(settings(64 << 20));
    }

    private void publish(int attempt, long... indices) throws Exception {
        for (long index : indices) {
            byte[] blob = RolloutGroupCodec.encode(
                    TestingRollouts.group(run, index, attempt, SAMPLES, Reward.of(0.5), "answer"));
            send(index, ResultHeaders.Type.GROUP, blob);
        }
    }

    private void send(long index, ResultHeaders.Type type, byte[] value) throws Exception {
        GroupIndex group = new GroupIndex(index);
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topics.results(GroupKind.TRAINING),
                RunTopics.resultPartition(group, PARTITIONS),
                KafkaClients.key(group),
                value);
        ResultHeaders.writeType(record.headers(), type);
        producer.send(record).get(30, TimeUnit.SECONDS);
    }

    private static JsonNode lease(TrainerProcess trainer, String step) throws Exception {
        Answer answer = trainer.lease(step, 20000);
        assertEquals(200, answer.status(), () -> new String(answer.body(), StandardCharsets.UTF_8));
        return answer.json();
    }

    private static void acknowledge(TrainerProcess trainer, long version) throws Exception {
        Answer answer = trainer.acknowledge("{\"weight_version\": " + version + "}");
        assertEquals(200, answer.status(), () -> new String(answer.body(), StandardCharsets.UTF_8));
    }

    private static List<Long> indices(JsonNode lease) {
        List<Long> indices = new ArrayList<>();
        lease.path("group_indices").forEach(index -> indices.add(index.longValue()));
        return indices;
    }

    /** Partitions are read one after the other, so which groups are the oldest is known only when all are there. */
    private static void awaitFinished(TrainerProcess trainer, long groups) throws Exception {
        Await.until(
                groups + " groups collected",
                () -> trainer.get("/v1/status").json().path("finished").longValue() == groups,
                LIMIT);
    }

    @Test
    void sortedWholeBatches() throws Exception {
        try (TrainerProcess trainer = trainer()) {
            publish(1, 3, 0, 2, 1);
            JsonNode lease = lease(trainer, "next");
            assertEquals(List.of(0L, 1L, 2L, 3L), indices(lease));
            assertEquals(trainer.batchPath(), lease.path("batch").stringValue());

            JsonNode json = trainer.batch().json();
            assertEquals(BATCH_GROUPS, json.path("groups").size());
            long next = 0;
            for (JsonNode group : json.path("groups")) {
                assertEquals(SAMPLES, group.size());
                for (JsonNode sample : group) {
                    assertEquals(next++, sample.path("index").longValue());
                }
            }
            RolloutBatch blob =
                    RolloutBatchCodec.decode(trainer.batch(SAFETENSORS).body());
            assertEquals(BATCH_GROUPS, blob.groups().size());
            assertArrayEquals(
                    trainer.batch(SAFETENSORS).body(),
                    trainer.get(trainer.batchPath() + "&format=safetensors").body());
        }
    }

    @Test
    void eachRankHasItsOwnGroupsAndTheirAdvantages() throws Exception {
        publish(1, 0, 1, 2, 3);
        try (TrainerProcess trainer = trainer()) {
            assertEquals(200, trainer.leaseNext(20_000).status());
            List<Long> seen = new ArrayList<>();
            for (int rank = 0; rank < 3; rank++) {
                String path = trainer.batchPath() + "&world=3&advantages=mean&rank=" + rank;
                RolloutBatch blob =
                        RolloutBatchCodec.decode(trainer.get(path, SAFETENSORS).body());
                assertEquals(new BatchHeader.Share(rank, 3), blob.header().share());
                JsonNode json = trainer.get(path).json();
                assertEquals(rank, json.path("share").path("rank").intValue());
                assertEquals(blob.groups().size(), json.path("groups").size());
                assertEquals(blob.groups().size(), json.path("advantages").size());
                for (RolloutGroup group : blob.groups()) {
                    seen.add(group.header().groupIndex().value());
                    assertEquals(
                            SAMPLES, group.extras().get(GroupAdvantages.TENSOR).shape()[0]);
                }
            }
            assertEquals(List.of(0L, 1L, 2L, 3L), seen.stream().sorted().toList());
            String batch = trainer.batchPath();
            assertError(400, "world must be from 1 to 4", trainer.get(batch + "&world=5"));
            assertError(400, "rank must be from 0 to 0, was 1", trainer.get(batch + "&rank=1"));
            assertError(400, "advantages must be std or mean, was 'max'", trainer.get(batch + "&advantages=max"));
        }
    }

    @Test
    void aBatchIsPackedForAReaderThatTakesIt() throws Exception {
        publish(1, 0, 1, 2, 3);
        try (TrainerProcess trainer = trainer()) {
            assertEquals(200, trainer.leaseNext(20_000).status());
            byte[] plain = trainer.batch(SAFETENSORS).body();
            HttpRequest request = HttpRequest.newBuilder(URI.create(
                            "http://127.0.0.1:" + trainer.port() + trainer.batchPath() + "&format=safetensors"))
                    .header("Accept-Encoding", "gzip, zstd;q=0.5")
                    .build();
            try (HttpClient http = HttpClient.newHttpClient()) {
                HttpResponse<InputStream> answer = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
                assertEquals(Optional.of("zstd"), answer.headers().firstValue("Content-Encoding"));
                try (ZstdInputStream unpacked = new ZstdInputStream(answer.body())) {
                    assertArrayEquals(plain, unpacked.readAllBytes());
                }
            }
        }
    }

    @Test
    void surplusStaysForTheNextStep() throws Exception {
        try (TrainerProcess trainer = trainer()) {
            publish(1, 7, 6, 5, 4, 3, 2);
            awaitFinished(trainer, 6);
            assertEquals(List.of(2L, 3L, 4L, 5L), indices(lease(trainer, "0")));
            // Stragglers with lower indices come first in the next step.
            publish(1, 0, 1);
            acknowledge(trainer, 1);
            assertEquals(List.of(0L, 1L, 6L, 7L), indices(lease(trainer, "1")));
            acknowledge(trainer, 2);
            JsonNode status = trainer.get("/v1/status").json();
            assertEquals(8, status.path("trained").longValue());
            assertEquals(8, status.path("low_water_mark").longValue());
            assertEquals(2, status.path("weight_version").longValue());
            assertTrue(status.path("open_step").isNull());
        }
        List<StepRecord> steps = new ArrayList<>();
        List<Policy> policies = new ArrayList<>();
        try (TopicTail tail = new TopicTail(clients.follower("audit"))) {
            tail.follow(List.of(topics.steps(), topics.policy()), LIMIT);
            tail.readToEnd(
                    record -> {
                        if (record.topic().equals(topics.steps())) {
                            steps.add(ControlCodec.decode(record.value(), StepRecord.class));
                        } else {
                            policies.add(ControlCodec.decode(record.value(), Policy.class));
                        }
                    },
                    LIMIT);
        }
        assertEquals(4, steps.size());
        assertEquals(new StepRecord.Totals(4, 0, 0, 0), ((StepRecord.Acknowledgement) steps.get(1)).totals());
        assertEquals(
                List.of(0L, 1L, 2L),
                policies.stream().map(policy -> policy.weightVersion().value()).toList());
        assertEquals(8, policies.getLast().trainedGroups());
    }

    @Test
    void aRestartServesTheLeasedStepAgainIdentical() throws Exception {
        publish(1, 0, 1, 2, 3, 4);
        byte[] json;
        byte[] blob;
        JsonNode lease;
        try (TrainerProcess first = trainer()) {
            lease = lease(first, "next");
            json = first.batch().body();
            blob = first.batch(SAFETENSORS).body();
        }
        publish(2, 0, 1, 2, 3);
        // No payload fits into memory, so every group is read by the manifest.
        try (TrainerProcess second = new TrainerProcess(settings(0))) {
            assertEquals(lease, lease(second, "next"));
            assertEquals(lease, lease(second, "0"));
            assertArrayEquals(json, second.batch().body());
            assertArrayEquals(blob, second.batch(SAFETENSORS).body());
            acknowledge(second, 1);
        }
    }

    @Test
    void acknowledgedGroupsNeverReturn() throws Exception {
        try (TrainerProcess trainer = trainer()) {
            publish(1, 0, 1, 2, 3);
            lease(trainer, "next");
            acknowledge(trainer, 1);
            acknowledge(trainer, 1);
            publish(2, 0, 1, 2, 3);
            publish(1, 4, 5, 6, 7);
            assertEquals(List.of(4L, 5L, 6L, 7L), indices(lease(trainer, "next")));
            assertEquals(
                    4,
                    trainer.get("/v1/status").json().path("duplicates_dropped").longValue());
            acknowledge(trainer, 2);
        }
        try (TrainerProcess again = trainer()) {
            publish(1, 8, 9, 10, 11);
            assertEquals(List.of(8L, 9L, 10L, 11L), indices(lease(again, "next")));
            assertEquals(
                    4, again.get("/v1/status").json().path("duplicates_dropped").longValue());
        }
    }

    @Test
    void aSecondTrainerFencesTheFirst() throws Exception {
        publish(1, 0, 1, 2, 3);
        TrainerProcess first = trainer();
        lease(first, "next");
        try (first;
                TrainerProcess second = trainer()) {
            // Nobody asks it anything: it reads on policy who has the run, and stands by, for good.
            Await.until(
                    "the first stands by",
                    () -> new String(first.get("/health/ready").body(), StandardCharsets.UTF_8)
                            .contains("which has the run; this one stands by"),
                    TrainerRun.LIMIT);
            TrainerProcess.Answer refused = first.leaseNext(0);
            assertEquals(503, refused.status());
            assertTrue(refused.json().path("error").asString().contains("which has the run"), refused::toString);
            lease(second, "0");
            acknowledge(second, 1);
        }
    }

    @Test
    void garbageIsSkippedAndCounted() throws Exception {
        byte[] garbage = {1, 2, 3};
        producer.send(new ProducerRecord<>(topics.results(GroupKind.TRAINING), 0, garbage, garbage))
                .get(30, TimeUnit.SECONDS);
        send(1, ResultHeaders.Type.GROUP, garbage);
        byte[] tooFew = RolloutGroupCodec.encode(TestingRollouts.group(run, 2, 1, SAMPLES - 1, Reward.of(0), "answer"));
        send(2, ResultHeaders.Type.GROUP, tooFew);
        send(
                0,
                ResultHeaders.Type.ABANDONED,
                ControlCodec.encode(new AbandonedMarker(new GroupIndex(0), new Attempt(3), "every attempt failed")));
        publish(2, 0, 1, 2, 3, 4);
        try (TrainerProcess trainer = trainer()) {
            assertEquals(List.of(1L, 2L, 3L, 4L), indices(lease(trainer, "next")));
            JsonNode status = trainer.get("/v1/status").json();
            assertEquals(2, status.path("skipped_bad_records").longValue());
            assertEquals(1, status.path("rejected").longValue());
            assertEquals(1, status.path("abandoned").longValue());
            assertEquals(1, status.path("duplicates_dropped").longValue());
            String metrics = new String(trainer.get("/metrics").body(), StandardCharsets.UTF_8);
            assertTrue(metrics.contains("millrace_trainer_bad_records_total{reason=\"type\",run=\"" + run + "\"} 1.0"));
            assertTrue(metrics.contains("millrace_trainer_rejected_total{reason=\"samples\",run=\"" + run + "\"} 1.0"));
        }
    }

    @Test
    void leaseNotYetSaysHowMany() throws Exception {
        publish(1, 0, 1, 2);
        try (TrainerProcess trainer = trainer()) {
            Answer answer = trainer.leaseNext(3000);
            assertEquals(202, answer.status());
            assertEquals(3, answer.json().path("have").intValue());
            assertEquals(4, answer.json().path("need").intValue());
            assertEquals(
                    "1 more group to finish", answer.json().path("waiting_for").stringValue());
            assertTrue(answer.json().path("waiting_since_ms").longValue() > 0);
        }
    }

    @Test
    void everyWrongRequestIsAnsweredWithItsReason() throws Exception {
        publish(1, 0, 1, 2, 3);
        try (TrainerProcess trainer = trainer()) {
            assertError(404, "no POST /v1/nothing here", trainer.post("/v1/nothing", ""));
            assertError(405, "/v1/resume takes POST, not GET", trainer.get("/v1/resume"));
            assertEquals(
                    "3.1.0", trainer.get("/openapi.json").json().path("openapi").asString());
            assertError(400, "step must be a whole number", trainer.post("/v1/steps/x/lease", ""));
            assertError(400, "wait_ms must be a whole number from 0 to 60000", trainer.lease(0, 60001));
            assertError(409, "step 5 is not due; the next step is 0", trainer.lease(5, 30_000));
            assertError(409, "step 0 is not leased", trainer.get("/v1/steps/0/batch?lease=0-0-00000000000000aa"));
            assertError(
                    409,
                    "lease step 0 first",
                    trainer.post("/v1/steps/0/ack", "{\"lease\": \"0-0-00000000000000aa\"}"));
            lease(trainer, "next");
            assertError(409, "not newer than the current 0", trainer.acknowledge("{\"weight_version\": 0}"));
            assertError(400, "unknown key 'weightVersion'", trainer.acknowledge("{\"weightVersion\": 1}"));
            assertError(400, "no JSON", trainer.post("/v1/steps/0/ack", "{"));
            assertError(413, "larger than", trainer.post("/v1/steps/0/ack", " ".repeat(100_000)));
            assertError(400, "format must be", trainer.get(trainer.batchPath() + "&format=xml"));
            assertError(
                    400,
                    "parameter lease is given 2 times",
                    trainer.get(trainer.batchPath() + "&lease=0.0.0000000000000000"));
            assertError(
                    400,
                    "unknown parameter 'wait', known are [lineage, wait_ms]",
                    trainer.post("/v1/steps/next/lease?lineage=0&wait=5", ""));
            assertEquals(200, trainer.get("/health/ready").status());
        }
    }

    private static void assertError(int status, String words, Answer answer) {
        assertEquals(status, answer.status(), () -> new String(answer.body(), StandardCharsets.UTF_8));
        String error = answer.json().path("error").stringValue();
        assertTrue(error.contains(words), error);
    }

    private List<StepRecord.Missing> missing() throws Exception {
        List<StepRecord.Missing> missing = new ArrayList<>();
        try (TopicTail tail = new TopicTail(clients.follower("look"))) {
            tail.follow(List.of(topics.steps()), LIMIT);
            tail.readToEnd(
                    record -> {
                        if (ControlCodec.decode(record.value(), StepRecord.class) instanceof StepRecord.Missing one) {
                            missing.add(one);
                        }
                    },
                    LIMIT);
        }
        return missing;
    }

    @Test
    void aLeasedGroupThatIsGoneMakesItsLeaseVoidAndTheStepIsLeasedAnew() throws Exception {
        publish(1, 0, 1, 2, 3);
        try (TrainerProcess trainer = new TrainerProcess(settings(0));
                Admin admin = clients.admin("delete")) {
            lease(trainer, "next");
            admin.deleteRecords(Map.of(
                            new TopicPartition(topics.results(GroupKind.TRAINING), 2), RecordsToDelete.beforeOffset(1)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
            String gone = trainer.token();
            Answer refused = trainer.batch();
            assertError(
                    409,
                    "1 of the 4 groups of step 0 cannot be read back any more, first group 2: step 0 is leased anew",
                    refused);
            assertEquals(0, refused.json().path("lineage").asInt(-1), "how the run stands");
            assertEquals(0, refused.json().path("step").asInt(-1));
            assertEquals(200, trainer.get("/health/live").status());
            List<StepRecord.Missing> missing = missing();
            assertEquals(1, missing.size(), "the producer issues the group again by it");
            assertEquals(new GroupIndex(2), missing.getFirst().groupIndex());
            assertEquals(new Attempt(1), missing.getFirst().attempt());
            publish(2, 2);
            lease(trainer, "next");
            assertNotEquals(gone, trainer.token());
            assertEquals(200, trainer.batch().status());
        }
    }

    @Test
    void tooManyStepsInOneVersionAreAnErrorNotASilence() throws Exception {
        try (TrainerProcess trainer = trainer()) {
            publish(1, 0, 1, 2, 3, 4, 5, 6, 7);
            lease(trainer, "0");
            assertEquals(200, trainer.acknowledge("{}").status());
            assertEquals(1, lease(trainer, "1").path("warnings").size());
            assertEquals(200, trainer.acknowledge("").status());
            assertError(409, "with steps-per-version 1 and pipeline-depth 1", trainer.lease(2, 30_000));
        }
    }

    @Test
    void theJavaQueueDoesTheSameInsideATrainer() throws Exception {
        publish(1, 3, 2, 1, 0);
        try (RolloutQueue queue = TrainerWiring.open(settings(64 << 20))) {
            LeasedBatch batch = queue.lease(LINEAGE, Duration.ofSeconds(20)).orElseThrow();
            assertEquals(
                    List.of(0L, 1L, 2L, 3L),
                    batch.groups().stream()
                            .map(group -> group.header().groupIndex().value())
                            .toList());
            assertEquals(
                    new StepNumber(1),
                    queue.acknowledge(batch.lease(), new WeightVersion(1)).nextStep());
            assertEquals(Optional.empty(), queue.lease(LINEAGE, Duration.ZERO));
            assertEquals(4, queue.status().trained());
        }
    }
}
