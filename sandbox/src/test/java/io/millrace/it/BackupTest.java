package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.topics.Lane;
import io.millrace.ops.audit.AuditCommand;
import io.millrace.ops.backup.BackupCommand;
import io.millrace.ops.backup.RestoreCommand;
import io.millrace.ops.remove.RemoveCommand;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.sandbox.engine.EngineServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A run goes on from its files on a cluster that has never seen it. */
class BackupTest {
    private static final Map<String, String> SHARED = Map.of("batch-groups", "3", "samples-per-group", "2");
    private static final Map<String, String> PRODUCER = Map.of(
            "dataset",
            "data/math-problems.jsonl",
            "reward-type",
            "math",
            "max-new-tokens",
            "64",
            "trim-interval",
            "1s");
    private static final Map<String, String> TRAINER = Map.of("keep-steps", "2", "trim-interval", "1s");

    @TempDir
    Path folder;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final PrintStream say = new PrintStream(said, true, StandardCharsets.UTF_8);

    private void backup(RunId run, String bootstrap, Path files) throws Exception {
        assertEquals(
                0,
                new BackupCommand(say)
                        .run(new BackupCommand.Settings(run, files, new KafkaSettings(bootstrap, Map.of()))));
    }

    private void restore(Path files, RunId run, String bootstrap) throws Exception {
        assertEquals(
                0,
                new RestoreCommand(say)
                        .run(new RestoreCommand.Settings(files, run, null, new KafkaSettings(bootstrap, Map.of()))));
    }

    private int remove(RunId run, @Nullable String yes, boolean whileRunning) throws Exception {
        return new RemoveCommand(say)
                .run(new RemoveCommand.Settings(
                        run, yes, whileRunning, new KafkaSettings(KafkaCluster.bootstrap(), Map.of())));
    }

    private static long topics(RunId run) throws Exception {
        KafkaSettings kafka = new KafkaSettings(KafkaCluster.bootstrap(), Map.of());
        try (Admin admin = new KafkaClients(kafka, 1 << 20).admin("test")) {
            return admin.listTopics().names().get(30, TimeUnit.SECONDS).stream()
                    .filter(name -> name.startsWith(run + "."))
                    .count();
        }
    }

    /** In the middle of a file, as if it had been backed up so. */
    private static void damage(Path backup) throws Exception {
        try (Stream<Path> all = Files.list(backup.resolve("steps-0"))) {
            Path file = all.findFirst().orElseThrow();
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            Files.write(file, bytes);
            Path sums = backup.resolve("SHA256SUMS");
            String name = "steps-0/" + file.getFileName();
            String sum = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            Files.writeString(sums, Files.readString(sums).replaceAll("\\w+(?=  " + name + ")", sum));
        }
    }

    private static JsonNode partition(JsonNode manifest, String topic) {
        for (JsonNode one : manifest.path("topics")) {
            if (one.path("name").asString().equals(topic)) {
                return one.path("partitions").path(0);
            }
        }
        throw new AssertionError("no topic " + topic + " in " + manifest);
    }

    private static JsonNode audit(RunId run, String bootstrap) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int exitCode = new AuditCommand(new PrintStream(out, true, StandardCharsets.UTF_8))
                .run(new AuditCommand.Settings(
                        run, true, null, Duration.ofSeconds(1), new KafkaSettings(bootstrap, Map.of())));
        JsonNode json = Json.MAPPER.readTree(out.toByteArray());
        assertEquals(0, exitCode, json::toString);
        return json;
    }

    private static Set<Long> groups(JsonNode batch) {
        Set<Long> groups = new HashSet<>();
        batch.path("groups")
                .forEach(group -> groups.add(group.path(0).path("group_index").asLong()));
        return groups;
    }

    @Test
    void aRunGoesOnFromItsFilesOnAnotherCluster() throws Exception {
        Path files = folder.resolve("backup");
        WholeRun before = new WholeRun(SHARED);
        Set<Long> trained = new HashSet<>();
        byte[] leased;
        try {
            EngineServer engine = before.engine(Map.of());
            before.producer(PRODUCER);
            before.worker(engine, Map.of("slots", "8"));
            TrainerProcess trainer = before.trainer(TRAINER);
            for (int i = 0; i < 6; i++) {
                trained.addAll(groups(WholeRun.train(trainer)));
            }
            // While it works: a moment of it, from which a run under another name can be audited.
            backup(before.run, KafkaCluster.bootstrap(), folder.resolve("moving"));
            TrainerRun.assertOk(trainer.leaseNext(30_000));
            leased = trainer.batch().body();
            SettingException atWork =
                    assertThrows(SettingException.class, () -> remove(before.run, before.run.value(), false));
            assertTrue(atWork.getMessage().contains("is at work"), atWork::getMessage);
        } finally {
            before.close();
        }
        RunId copy = new RunId(before.run + "-copy");
        restore(folder.resolve("moving"), copy, KafkaCluster.bootstrap());
        assertEquals(18, audit(copy, KafkaCluster.bootstrap()).path("trained").asLong());
        assertEquals(1, remove(copy, null, false));
        assertEquals(topics(before.run), topics(copy), "it only lists without the id said again");
        assertEquals(0, remove(copy, copy.value(), true));
        assertEquals(0, topics(copy));

        damage(folder.resolve("moving"));
        assertThrows(SettingException.class, () -> restore(folder.resolve("moving"), copy, KafkaCluster.bootstrap()));
        assertEquals(0, topics(copy), "what was begun is taken back");

        backup(before.run, KafkaCluster.bootstrap(), files);
        assertTrue(said.toString(StandardCharsets.UTF_8).contains("nothing was written meanwhile"), said::toString);
        JsonNode manifest = Json.MAPPER.readTree(Files.readString(files.resolve("manifest.json")));
        assertTrue(partition(manifest, "prompts").path("begin").asLong() > 0, "prompts of settled groups were deleted");
        assertTrue(
                partition(manifest, "steps").path("end").asLong()
                        > partition(manifest, "steps").path("records").asLong(),
                "transactions have markers");
        try (EmbeddedBroker other = EmbeddedBroker.startThrowaway(folder)) {
            restore(files, null, other.bootstrap());
            WholeRun after = new WholeRun(other.bootstrap(), SHARED, before.run);
            try {
                for (String topic : List.of(
                        before.topics.lane(Lane.TRAINING),
                        before.topics.results(GroupKind.TRAINING),
                        before.topics.steps(),
                        before.topics.policy(),
                        before.topics.workers(),
                        before.topics.receipts(GroupKind.TRAINING))) {
                    assertEquals(texts(before.records(topic)), texts(after.records(topic)), topic);
                }
                assertEquals(
                        audit(before.run, KafkaCluster.bootstrap()).path("trained"),
                        audit(before.run, other.bootstrap()).path("trained"));
                EngineServer engine = after.engine(Map.of());
                after.producer(PRODUCER);
                after.worker(engine, Map.of("slots", "8"));
                TrainerProcess trainer = after.trainer(TRAINER);
                TrainerRun.assertOk(trainer.leaseNext(30_000));
                assertArrayEquals(leased, trainer.batch().body(), "the step that was leased is served again");
                for (int i = 0; i < 4; i++) {
                    for (long group : groups(WholeRun.train(trainer))) {
                        assertTrue(trained.add(group), "group " + group + " is trained twice");
                    }
                }
            } finally {
                after.close();
            }
            assertEquals(
                    30, audit(before.run, other.bootstrap()).path("trained").asLong());
            SettingException there =
                    assertThrows(SettingException.class, () -> restore(files, null, other.bootstrap()));
            assertTrue(there.getMessage().contains("is on this cluster already"), there::getMessage);
        }
    }

    /** Offset, time, key, headers and value of each record. */
    private static List<String> texts(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .map(record -> record.partition() + " " + record.offset() + " " + record.timestamp() + " "
                        + Arrays.toString(record.key()) + " "
                        + record.headers() + " " + Arrays.hashCode(record.value()))
                .toList();
    }
}
