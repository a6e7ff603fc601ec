package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.metrics.MetricsSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.units.ByteSize;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.ops.audit.AuditCommand;
import io.millrace.ops.export.ExportCommand;
import io.millrace.ops.replay.ReplayCommand;
import io.millrace.trainer.TrainerSettings;
import io.millrace.trainer.download.DownloadSettings;
import io.millrace.trainer.evaluate.EvaluationSettings;
import io.millrace.trainer.filter.FilterSettings;
import io.millrace.trainer.gate.BatchOrder;
import io.millrace.trainer.gate.GateSettings;
import io.millrace.trainer.gate.OnStale;
import io.millrace.trainer.page.PageSettings;
import io.millrace.trainer.policy.VersionSettings;
import io.millrace.trainer.session.RecoverySettings;
import io.millrace.trainer.steps.ResumeMode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code audit} and {@code replay} on the topics of a real trainer consumer; prompts and results written by hand. */
class AuditReplayTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final KafkaSettings KAFKA = new KafkaSettings(KafkaCluster.bootstrap(), Map.of());

    private final RunId run = KafkaCluster.uniqueRun();
    private final RunTopics topics = new RunTopics(run);
    private final TopicSettings topicSettings = new TopicSettings(run, 2, 1, new ByteSize(1 << 20));
    private Admin admin;
    private Producer<byte[], byte[]> producer;

    @BeforeEach
    void connect() throws Exception {
        KafkaClients clients = new KafkaClients(KAFKA, 1 << 20);
        admin = clients.admin("test");
        new TopicAdmin(admin, LIMIT).ensure(topicSettings);
        producer = clients.producer("test");
    }

    @AfterEach
    void disconnect() {
        producer.close();
        admin.close();
    }

    private TrainerProcess trainer() throws Exception {
        return new TrainerProcess(new TrainerSettings(
                topicSettings,
                KAFKA,
                new BatchSettings(2, 2, 3, 1),
                new GateSettings(1000, OnStale.WAIT, BatchOrder.OLDEST_FIRST, false),
                FilterSettings.none(),
                new RecoverySettings(
                        1, Duration.ofMinutes(10), 1, 1000, null, ResumeMode.REPLAY, null, null, Duration.ofSeconds(1)),
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

    private void send(ProducerRecord<byte[], byte[]> record) throws Exception {
        producer.send(record).get(30, TimeUnit.SECONDS);
    }

    private void prompts(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            send(new ProducerRecord<>(
                    topics.lane(Lane.TRAINING),
                    0,
                    KafkaClients.key(new GroupIndex(i)),
                    ControlCodec.encode(WorkerRun.task(i, 2))));
        }
    }

    private void results(long... indices) throws Exception {
        for (long index : indices) {
            GroupIndex group = new GroupIndex(index);
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                    topics.results(GroupKind.TRAINING),
                    RunTopics.resultPartition(group, 2),
                    KafkaClients.key(group),
                    RolloutGroupCodec.encode(TestingRollouts.group(run, index, 1, 2, Reward.of(0.5), "answer")));
            ResultHeaders.writeType(record.headers(), ResultHeaders.Type.GROUP);
            send(record);
        }
    }

    private static void train(TrainerProcess trainer, long step) throws Exception {
        assertEquals(200, trainer.lease(step, 20000).status());
        assertEquals(
                200,
                trainer.acknowledge("{\"weight_version\": " + (step + 1) + "}").status());
    }

    private record Audited(int exitCode, JsonNode json) {}

    private Audited audit(@Nullable Long group) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int exitCode = new AuditCommand(new PrintStream(out, true, StandardCharsets.UTF_8))
                .run(new AuditCommand.Settings(run, true, group, Duration.ofSeconds(1), KAFKA));
        return new Audited(exitCode, Json.MAPPER.readTree(out.toByteArray()));
    }

    private byte[] replay(long step, ReplayCommand.Format format) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new ReplayCommand(out).run(new ReplayCommand.Settings(run, step, null, format, null, KAFKA));
        return out.toByteArray();
    }

    @Test
    void everyGroupIsAccountedForAndAForeignRecordChangesNothing() throws Exception {
        prompts(6);
        for (String topic : new String[] {
            topics.lane(Lane.TRAINING),
            topics.lane(Lane.URGENT),
            topics.results(GroupKind.TRAINING),
            topics.receipts(GroupKind.TRAINING),
            topics.workers(),
            topics.steps()
        }) {
            send(new ProducerRecord<>(
                    topic, 0, KafkaClients.key("garbage"), "garbage".getBytes(StandardCharsets.UTF_8)));
        }
        results(0, 1, 2, 3);
        try (TrainerProcess trainer = trainer()) {
            train(trainer, 0);
            assertEquals(200, trainer.lease(1, 20000).status());
        }
        Audited audited = audit(3L);
        assertEquals(0, audited.exitCode(), audited.json()::toString);
        JsonNode json = audited.json();
        assertEquals(6, json.path("admitted").asLong());
        assertEquals(2, json.path("trained").asLong());
        assertEquals(2, json.path("finished").asLong());
        assertEquals(2, json.path("leased").asLong());
        assertEquals(2, json.path("queued").asLong());
        assertEquals(1, json.path("next_step").asLong());
        assertEquals(6, json.path("bad_records").size(), json::toString);
        assertTrue(json.path("group").toString().contains("leased in lineage 0 step 1"), json::toString);
    }

    @Test
    void aLostGroupIsFound() throws Exception {
        prompts(6);
        results(0, 1);
        try (TrainerProcess trainer = trainer()) {
            train(trainer, 0);
        }
        // What an owner must never do: groups 2 and 3 are not settled.
        admin.deleteRecords(Map.of(new TopicPartition(topics.lane(Lane.TRAINING), 0), RecordsToDelete.beforeOffset(4)))
                .all()
                .get(30, TimeUnit.SECONDS);
        Audited audited = audit(null);
        assertEquals(1, audited.exitCode());
        assertEquals(2, audited.json().path("lost").asLong());
        assertEquals(
                "lost", audited.json().path("findings").path(0).path("kind").stringValue());
        assertEquals(2, audited.json().path("findings").path(0).path("group").asLong());
    }

    @Test
    void anIndexPublishedTwiceOrPassedOverIsFound() throws Exception {
        prompts(2);
        prompts(2);
        for (long index : new long[] {4}) {
            send(new ProducerRecord<>(
                    topics.lane(Lane.TRAINING), 0, null, ControlCodec.encode(WorkerRun.task(index, 2))));
        }
        Audited audited = audit(null);
        assertEquals(1, audited.exitCode());
        String found = audited.json().path("findings").toString();
        assertTrue(found.contains("\"doubled\"") && found.contains("\"hole\""), found);
    }

    @Test
    void aResultThatALeaseRestsOnIsMissed() throws Exception {
        prompts(4);
        results(0, 1);
        try (TrainerProcess trainer = trainer()) {
            assertEquals(200, trainer.lease(0, 20000).status());
        }
        admin.deleteRecords(Map.of(
                        new TopicPartition(topics.results(GroupKind.TRAINING), 0), RecordsToDelete.beforeOffset(1)))
                .all()
                .get(30, TimeUnit.SECONDS);
        Audited audited = audit(null);
        assertEquals(1, audited.exitCode());
        assertTrue(audited.json().path("findings").toString().contains("result_missing"), audited.json()::toString);
    }

    @Test
    void aReplayedStepIsWhatTheTrainerGotByteForByte() throws Exception {
        prompts(8);
        results(0, 1, 2, 3, 4, 5, 6, 7);
        byte[] json;
        byte[] safetensors;
        try (TrainerProcess trainer = trainer()) {
            train(trainer, 0);
            train(trainer, 1);
            trainer.lease(2, 20000);
            json = trainer.batch().body();
            safetensors =
                    trainer.get(trainer.batchPath() + "&format=safetensors").body();
            assertArrayEquals(json, replay(2, ReplayCommand.Format.JSON), "while it is leased");
            assertEquals(200, trainer.acknowledge("{\"weight_version\": 3}").status());
        }
        assertArrayEquals(json, replay(2, ReplayCommand.Format.JSON));
        assertArrayEquals(safetensors, replay(2, ReplayCommand.Format.SAFETENSORS));
    }

    private List<JsonNode> export(Path file, ExportCommand.Of of, ExportCommand.Rows rows) throws Exception {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        new ExportCommand(new PrintStream(said, true, StandardCharsets.UTF_8))
                .run(new ExportCommand.Settings(run, of, 0, 1000, rows, file, KAFKA));
        assertTrue(said.toString(StandardCharsets.UTF_8).contains(" samples in "), said::toString);
        return rows == ExportCommand.Rows.PARQUET
                ? List.of()
                : Files.readAllLines(file).stream().map(Json.MAPPER::readTree).toList();
    }

    @Test
    void anExportHasTheSamplesOfAcknowledgedStepsOrOfAllGroups(@TempDir Path folder) throws Exception {
        prompts(6);
        results(0, 1, 2, 3, 4);
        send(new ProducerRecord<>(topics.results(GroupKind.TRAINING), 0, new byte[] {1}, new byte[] {2}));
        try (TrainerProcess trainer = trainer()) {
            train(trainer, 0);
            assertEquals(200, trainer.lease(1, 20000).status());
        }
        Path file = folder.resolve("rows.jsonl");
        List<JsonNode> steps = export(file, ExportCommand.Of.STEPS, ExportCommand.Rows.JSONL);
        assertEquals(
                List.of(0L, 1L, 2L, 3L),
                steps.stream().map(row -> row.path("index").longValue()).toList());
        JsonNode row = steps.getFirst();
        assertEquals(0, row.path("step").longValue(), row::toString);
        assertEquals(
                row.path("prompt_length").intValue()
                        + row.path("response_length").intValue(),
                row.path("tokens").size());
        assertEquals(0.5, row.path("reward").doubleValue());
        List<JsonNode> groups = export(file, ExportCommand.Of.GROUPS, ExportCommand.Rows.JSONL);
        assertEquals(10, groups.size());
        assertEquals(steps, groups.subList(0, 4));
        assertTrue(groups.get(4).path("step").isNull(), "leased, not acknowledged");
        Path packed = folder.resolve("rows.parquet");
        export(packed, ExportCommand.Of.STEPS, ExportCommand.Rows.PARQUET);
        byte[] bytes = Files.readAllBytes(packed);
        assertEquals("PAR1", new String(bytes, bytes.length - 4, 4, StandardCharsets.US_ASCII));
        assertEquals(2, folder.toFile().list().length, "nothing half written is left");
    }

    @Test
    void aStepThatIsNotKeptIsRefusedNamingTheOnesThatAre() throws Exception {
        prompts(4);
        results(0, 1, 2, 3);
        try (TrainerProcess trainer = trainer()) {
            train(trainer, 0);
            train(trainer, 1);
        }
        for (int partition = 0; partition < 2; partition++) {
            admin.deleteRecords(Map.of(
                            new TopicPartition(topics.results(GroupKind.TRAINING), partition),
                            RecordsToDelete.beforeOffset(1)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
        SettingException refused = assertThrows(SettingException.class, () -> replay(0, ReplayCommand.Format.JSON));
        assertTrue(String.valueOf(refused.getMessage()).contains("kept are steps 1 to 1"), refused::getMessage);
    }
}
