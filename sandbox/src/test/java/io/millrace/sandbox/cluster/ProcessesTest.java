package io.millrace.sandbox.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.testing.Await;
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
        return Child.start(new ChildSpec(name, "1m", ""), List.of("/bin/sh", "-c", script), folder.resolve(name));
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
    void aFolderWithOtherThingsInItIsLeftAlone() throws Exception {
        Path mine = Files.createDirectories(folder.resolve("mine/kafka"));
        assertThrows(SettingException.class, () -> DataFolder.prepare(folder.resolve("mine"), "demo", false));
        assertTrue(Files.exists(mine));
    }

    @Test
    void onesOwnFolderIsEmptiedUnlessKept() throws Exception {
        Path root = folder.resolve("demo");
        DataFolder first = DataFolder.prepare(root, "demo", false);
        Files.createDirectories(first.kafka());
        Files.writeString(first.kafka().resolve("log"), "x");
        Files.writeString(first.log("old"), "x");
        DataFolder kept = DataFolder.prepare(root, "demo", true);
        assertTrue(Files.exists(kept.kafka().resolve("log")));
        assertFalse(Files.exists(kept.log("old")));
        DataFolder.prepare(root, "demo", false);
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
        Cluster cluster = new Cluster(DataFolder.prepare(folder.resolve("d"), "demo", false), System::nanoTime);
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
    void aFrozenProcessStandsStillUntilItIsThawed() throws Exception {
        Child child = shell("beating", "while :; do echo beat; done");
        awaitReady("beating");
        child.freeze();
        Await.until("the process to be stopped", () -> state(child) == 'T', Duration.ofSeconds(10));
        long size = Files.size(folder.resolve("beating"));
        assertTrue(child.alive());
        assertEquals(size, Files.size(folder.resolve("beating")));
        child.thaw();
        Await.until("the process to go on", () -> Files.size(folder.resolve("beating")) > size, Duration.ofSeconds(10));
        child.kill();
        assertTrue(child.awaitEnd(Duration.ofSeconds(10)));
    }

    /** The letter that Linux gives a process's state. */
    private static char state(Child child) throws Exception {
        String stat = Files.readString(Path.of("/proc/" + child.pid() + "/stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }

    @Test
    void aProcessStartedAgainTakesThePlaceOfTheEndedOne() throws Exception {
        Cluster cluster = new Cluster(DataFolder.prepare(folder.resolve("d"), "demo", false), System::nanoTime);
        Child first = cluster.adopt(shell("engine", "exit 3"));
        assertTrue(first.awaitEnd(Duration.ofSeconds(10)));
        assertEquals(first, cluster.dead("").orElseThrow());
        cluster.adopt(shell("engine", "trap 'exit 0' TERM; echo ready; while :; do :; done"));
        awaitReady("engine");
        assertTrue(cluster.dead("").isEmpty());
        assertEquals(List.of(), cluster.stop(Duration.ofSeconds(10), Duration.ofSeconds(20)));
    }
}
