package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.access.Rights;
import io.millrace.common.access.Role;
import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.record.GroupKind;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.audit.AuditCommand;
import io.millrace.ops.lag.LagCommand;
import io.millrace.producer.ProducerCommand;
import io.millrace.producer.ProducerSettings;
import io.millrace.producer.ProducerWiring;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.trainer.TrainerCommand;
import io.millrace.trainer.TrainerSettings;
import io.millrace.worker.WorkerCommand;
import io.millrace.worker.WorkerSettings;
import io.millrace.worker.WorkerWiring;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.function.ThrowingSupplier;
import org.junit.jupiter.api.io.TempDir;

/**
 * A broker that enforces rights: a run whose processes have what {@code millrace acl} grants and nothing else, and what is
 * refused to whom.
 */
class LeastRightsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String RUN = "guarded";
    private static final int STEPS = 3;
    private static final Map<String, String> BATCH = Map.of("batch-groups", "4", "samples-per-group", "2");

    @TempDir
    Path folder;

    private final RunTopics topics = new RunTopics(new RunId(RUN));
    private final StopSequence stops = new StopSequence(Ticker.system());
    private final AtomicReference<@Nullable Throwable> fatal = new AtomicReference<>();

    private static Map<String, String> flags(Map<String, String> who, String... more) {
        Map<String, String> flags = new HashMap<>(who);
        flags.put("run", RUN);
        for (int i = 0; i < more.length; i += 2) {
            flags.put(more[i], more[i + 1]);
        }
        return flags;
    }

    private ProducerSettings producer(Map<String, String> who) throws Exception {
        Map<String, String> flags = flags(
                who, "dataset", "" + ProducerRun.dataSet(folder, "q", 40), "reward-type", "random", "ops-port", "0");
        flags.putAll(BATCH);
        return SettingsBinder.of(ProducerSettings.class, flags);
    }

    private static WorkerSettings worker(Map<String, String> who, String engine) {
        return SettingsBinder.of(WorkerSettings.class, flags(who, "engine-url", engine, "ops-port", "0"));
    }

    private static TrainerSettings trainer(Map<String, String> who) {
        Map<String, String> flags = flags(who, "trainer-port", "0");
        flags.putAll(BATCH);
        return SettingsBinder.of(TrainerSettings.class, flags);
    }

    private static KafkaClients clients(Map<String, String> who) {
        return new KafkaClients(SettingsBinder.of(KafkaSettings.class, who), 1 << 20);
    }

    /** What the process ends with, as its one line says it. */
    private static String refused(Executable process) {
        return String.valueOf(assertThrows(SettingException.class, process).getMessage());
    }

    private static void assertMayNotWrite(Map<String, String> who, String topic) {
        try (Producer<byte[], byte[]> producer = clients(who).producer("test")) {
            // By the answer, or at once where the client has learned it before: who may write to no topic at all may
            // not
            // even begin, which is a right of the cluster.
            Exception failed = assertThrows(
                    Exception.class,
                    () -> producer.send(new ProducerRecord<>(topic, new byte[1]))
                            .get());
            assertInstanceOf(AuthorizationException.class, failed.getCause(), failed::toString);
        }
    }

    private static void assertMayNotRead(Map<String, String> who, String topic) {
        assertThrows(TopicAuthorizationException.class, () -> read(who, topic));
    }

    private static void read(Map<String, String> who, String topic) {
        try (Consumer<byte[], byte[]> consumer = clients(who).follower("test")) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            consumer.poll(Duration.ofMillis(500));
        }
    }

    private static String shown(ThrowingSupplier<Integer> command, ByteArrayOutputStream out) throws Exception {
        try {
            assertEquals(0, command.get(), () -> out.toString(StandardCharsets.UTF_8));
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aWholeRunNeedsNoRightButItsRolesAndEachRefusalIsOneClearLine() throws Exception {
        try (GuardedBroker broker = new GuardedBroker(folder)) {
            broker.users("maker", "gpu", "watcher", "stranger");
            broker.change(
                    "grant", RUN, "producer", "maker", "worker", "gpu", "trainer", "trainer", "operator", "watcher");
            EngineServer engine = EngineServer.start(
                    SettingsBinder.of(EngineSettings.class, Map.of("engine-port", "0", "latency-median", "20ms")));
            stops.pushCloseable("engine", engine);
            try {
                runs(broker, engine.url());
                refuses(broker, engine.url());
            } finally {
                stops.stop(LIMIT);
            }
            assertNull(fatal.get());
        }
    }

    private void runs(GuardedBroker broker, String engine) throws Exception {
        ProducerWiring.start(
                producer(broker.as("maker")), new Health(WallClock.system()), (who, e) -> fatal.set(e), stops);
        WorkerWiring.start(
                worker(broker.as("gpu"), engine), new Health(WallClock.system()), (who, e) -> fatal.set(e), stops);
        try (TrainerProcess trainer = new TrainerProcess(trainer(broker.byCertificate()))) {
            for (int step = 0; step < STEPS; step++) {
                TrainerRun.assertOk(trainer.lease(step, LIMIT.toMillis()));
                TrainerRun.assertOk(trainer.acknowledge("{\"weight_version\": " + (step + 1) + "}"));
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        String audited = shown(
                () -> new AuditCommand(print)
                        .run(SettingsBinder.of(AuditCommand.Settings.class, flags(broker.as("watcher")))),
                out);
        assertTrue(audited.contains("" + STEPS * 4), audited);
        shown(
                () -> new LagCommand(print)
                        .run(SettingsBinder.of(LagCommand.Settings.class, flags(broker.as("watcher")))),
                out);
    }

    private void refuses(GuardedBroker broker, String engine) throws Exception {
        // A worker goes on with partials, and sees neither what others made nor the run's account.
        read(broker.as("gpu"), topics.partials());
        assertMayNotRead(broker.as("gpu"), topics.results(GroupKind.TRAINING));
        assertMayNotWrite(broker.as("gpu"), topics.steps());
        assertMayNotWrite(broker.as("gpu"), topics.lane(Lane.TRAINING));
        assertMayNotWrite(broker.byCertificate(), topics.lane(Lane.TRAINING));
        assertMayNotWrite(broker.as("watcher"), topics.policy());
        assertMayNotRead(broker.as("stranger"), topics.runRecord());

        String asWorker = refused(() -> new WorkerCommand().run(worker(broker.as("stranger"), engine)));
        assertTrue(
                asWorker.startsWith("User:stranger may not work as the worker of run guarded: it lacks ")
                        && asWorker.contains("READ on topic guarded.prompts,")
                        && asWorker.contains("WRITE on topic guarded.results")
                        && asWorker.endsWith("('millrace acl --run guarded' tells what each role needs)"),
                asWorker);
        String asTrainer = refused(() -> new TrainerCommand().run(trainer(broker.as("gpu"))));
        assertTrue(
                asTrainer.startsWith("User:gpu may not work as the trainer consumer of run guarded: it lacks ")
                        && asTrainer.contains("READ and WRITE on topic guarded.steps"),
                asTrainer);
        String asProducer = refused(() -> new ProducerCommand().run(producer(broker.as("stranger"))));
        assertTrue(
                asProducer.startsWith("User:stranger may not work as the producer of run guarded: ")
                        && asProducer.contains("CREATE on topic guarded.prompts"),
                asProducer);
        String watching = refused(
                () -> new LagCommand().run(SettingsBinder.of(LagCommand.Settings.class, flags(broker.as("stranger")))));
        assertTrue(watching.contains("there is no run 'guarded'"), watching);
        // Of one who lacks a single right, that one is named.
        broker.users("half");
        broker.change("grant", RUN, "worker", "half");
        broker.admin()
                .deleteAcls(List.of(Rights.of(Role.WORKER, topics).stream()
                        .filter(right -> right.name().equals(topics.partials()))
                        .filter(right -> right.operation() == AclOperation.WRITE)
                        .findFirst()
                        .orElseThrow()
                        .binding("User:half")
                        .toFilter()))
                .all()
                .get();
        assertEquals(
                "User:half may not work as the worker of run guarded: it lacks WRITE on topic guarded.partials"
                        + " ('millrace acl --run guarded' tells what each role needs)",
                refused(() -> new WorkerCommand().run(worker(broker.as("half"), engine))));
    }
}
