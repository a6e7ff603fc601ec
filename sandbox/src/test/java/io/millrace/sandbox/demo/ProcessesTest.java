package io.millrace.sandbox.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ports, folder and processes, with small shell programs in place of ours. */
class ProcessesTest {
    @TempDir
    Path folder;

    private Child shell(String name, String script) throws Exception {
        return Child.start(
                new ChildSpec(name, "1m", List.of(), ""), List.of("/bin/sh", "-c", script), folder.resolve(name));
    }

    @Test
    void everyPortInUseIsNamedAtOnce() throws Exception {
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket two = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<String, Integer> ports =
                    Map.of("--kafka-port", one.getLocalPort(), "--engine-port", two.getLocalPort());
            String message = assertThrows(
                            SettingException.class, () -> Ports.requireFree(ports, folder.resolve("pids")))
                    .getMessage();
            assertTrue(message.contains(one.getLocalPort() + " (--kafka-port)"), message);
            assertTrue(message.contains(two.getLocalPort() + " (--engine-port)"), message);
            assertFalse(message.contains("killed"), message);
            Files.writeString(folder.resolve("pids"), "17 broker\n");
            assertTrue(assertThrows(SettingException.class, () -> Ports.requireFree(ports, folder.resolve("pids")))
                    .getMessage()
                    .contains("pids"));
            assertTrue(Ports.answers(one.getLocalPort()));
        }
    }

    @Test
    void settingsThatUseAPortTwiceAreRefused() {
        DemoSettings good = TestDemo.settings(folder);
        String message = assertThrows(
                        SettingException.class,
                        () -> new DemoSettings(
                                1,
                                good.run(),
                                2,
                                64,
                                32,
                                8,
                                1,
                                good.trainTime(),
                                good.meanGroupTime(),
                                1,
                                0.5,
                                64,
                                good.dataset(),
                                9092,
                                30000,
                                9412,
                                9410,
                                folder,
                                false,
                                null,
                                good.warmUp(),
                                true))
                .getMessage();
        assertEquals("--trainer-port and --ops-port + 2: both would take port 9412", message);
    }

    @Test
    void aFolderWithOtherThingsInItIsLeftAlone() throws Exception {
        Path mine = Files.createDirectories(folder.resolve("mine/kafka"));
        assertThrows(SettingException.class, () -> DataFolder.prepare(folder.resolve("mine"), false));
        assertTrue(Files.exists(mine));
    }

    @Test
    void theDemosOwnFolderIsEmptiedUnlessKept() throws Exception {
        Path root = folder.resolve("demo");
        DataFolder first = DataFolder.prepare(root, false);
        Files.createDirectories(first.kafka());
        Files.writeString(first.kafka().resolve("log"), "x");
        Files.writeString(first.log("old"), "x");
        DataFolder kept = DataFolder.prepare(root, true);
        assertTrue(Files.exists(kept.kafka().resolve("log")));
        assertFalse(Files.exists(kept.log("old")));
        DataFolder.prepare(root, false);
        assertFalse(Files.exists(first.kafka()));
    }

    @Test
    void aDeadProcessIsTheOneNamedWithItsLastWords() throws Exception {
        Child child = shell("engine", "for i in 1 2 3 4 5; do echo line $i; done; exit 3");
        assertTrue(child.awaitEnd(Duration.ofSeconds(10)));
        assertEquals(
                "engine ended with exit code 3; the last lines of " + folder.resolve("engine")
                        + ":\n  line 4\n  line 5",
                child.lastWords(2));
    }

    @Test
    void aProcessThatIgnoresSigtermIsKilledAfterItsLimitAndReported() throws Exception {
        Child deaf = shell("deaf", "trap '' TERM; echo ready; while :; do read -t 1 x; done");
        Child polite = shell("polite", "trap 'exit 0' TERM; echo ready; while :; do :; done");
        awaitReady("deaf");
        awaitReady("polite");
        Cluster cluster = new Cluster(DataFolder.prepare(folder.resolve("d"), false), System::nanoTime);
        cluster.adopt(deaf);
        cluster.adopt(polite);
        List<String> problems = cluster.stop(Duration.ofMillis(500), Duration.ofSeconds(20));
        assertEquals(List.of("deaf did not stop in time and was killed"), problems);
        assertFalse(deaf.alive() || polite.alive());
    }

    private void awaitReady(String name) throws Exception {
        while (Files.size(folder.resolve(name)) == 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void everyProcessHasACommandLineOfItsOwn() {
        ChildSpecs specs =
                new ChildSpecs(TestDemo.settings(folder.resolve("d")), DataFolder.prepare(folder.resolve("d"), false));
        assertEquals(
                List.of("engine", "producer", "worker-w1", "worker-w2", "trainer"),
                specs.middle().stream().map(ChildSpec::name).toList());
        ChildSpec second = specs.middle().get(3);
        assertEquals("http://127.0.0.1:9412/health/ready", second.readyUrl());
        assertEquals(
                "worker --run demo --bootstrap 127.0.0.1:9092 --engine-url http://127.0.0.1:30000 --slots 64"
                        + " --prefetch 2 --worker-id w2 --ops-port 9412",
                String.join(" ", second.arguments()));
    }
}
