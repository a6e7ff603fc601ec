package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.Await;
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The three roles as processes, and a broker that comes after them and goes before them. */
class StartOrderTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Path DATASET = Path.of("data", "math-problems.jsonl").toAbsolutePath();

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<MillraceProcess> processes = new ArrayList<>();
    private int ports;
    private @Nullable EmbeddedBroker broker;

    @BeforeEach
    void ports() {
        ports = MillraceProcess.freePorts(4);
    }

    @AfterEach
    void end() throws Exception {
        for (MillraceProcess process : processes) {
            process.end();
        }
        stopBroker();
        http.close();
    }

    private void startBroker() {
        broker = EmbeddedBroker.start(
                new BrokerSettings("127.0.0.1", ports + 3, List.of(), 1, List.of(), folder.resolve("data"), true));
    }

    private void stopBroker() {
        if (broker != null) {
            broker.close();
            broker = null;
        }
    }

    private void start(String bootstrap) throws Exception {
        start("producer", bootstrap, "--ops-port", "--dataset", "" + DATASET, "--reward-type", "dapo");
        // Its engine is away, so what it may have claimed is given back at the stop.
        start("worker", bootstrap, "--ops-port", "--drain-timeout", "1s");
        start("trainer", bootstrap, "--trainer-port");
    }

    private void start(String role, String bootstrap, String portFlag, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                role,
                "--run",
                "order",
                "--bootstrap",
                bootstrap,
                "--ready-timeout",
                "2s",
                portFlag,
                "" + (ports + processes.size())));
        arguments.addAll(List.of(more));
        processes.add(MillraceProcess.start(folder, arguments.toArray(String[]::new)));
    }

    private int ready(int place) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + (ports + place) + "/health/ready"))
                .timeout(LIMIT)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
        } catch (java.io.IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    /** The worker's engine is away all the time: that it is ready at all is not asked for. */
    private void awaitReady(int status, int... places) throws Exception {
        for (int place : places) {
            Await.until(
                    place + " to be " + status,
                    () -> {
                        assertTrue(
                                processes.get(place).alive(),
                                () -> processes.get(place).printed());
                        return ready(place) == status;
                    },
                    LIMIT);
        }
    }

    private void awaitTheyWait() throws Exception {
        for (MillraceProcess process : processes) {
            Await.until(
                    "the wait to be said",
                    () -> {
                        assertTrue(process.alive(), process::printed);
                        return process.printed().contains("waits for a broker");
                    },
                    LIMIT);
        }
    }

    private void assertStopCleanly() throws Exception {
        processes.forEach(MillraceProcess::terminate);
        for (MillraceProcess process : processes) {
            assertEquals(0, process.exitCode(Duration.ofSeconds(60)), process::printed);
        }
    }

    private void assertFewLines(int max) {
        for (MillraceProcess process : processes) {
            assertTrue(process.printed().lines().count() <= max, process::printed);
        }
    }

    @Test
    void everyRoleWaitsForItsBrokerAndIsReadyOnlyWhileItAnswers() throws Exception {
        start("127.0.0.1:" + (ports + 3));
        awaitTheyWait();
        awaitReady(503, 0, 1, 2);

        startBroker();
        awaitReady(200, 0, 2);
        assertFewLines(20);

        stopBroker();
        awaitReady(503, 0, 1, 2);
        startBroker();
        awaitReady(200, 0, 2);
        assertStopCleanly();
    }

    @Test
    void aBrokersNameThatIsNotKnownYetIsWaitedForAndAStopMeanwhileIsClean() throws Exception {
        start("no-such-host.invalid:9092");
        awaitTheyWait();
        awaitReady(503, 0, 1, 2);
        assertFewLines(12);
        assertStopCleanly();
    }

    @Test
    void aBrokersAddressOfNoFormIsRefusedAtOnceInOneLine() throws Exception {
        start("kafka:port");
        for (MillraceProcess process : processes) {
            assertEquals(2, process.exitCode(LIMIT), process::printed);
            assertTrue(
                    process.printed()
                                    .lines()
                                    .filter(line -> line.contains("kafka:port"))
                                    .count()
                            == 1,
                    process::printed);
        }
    }
}
