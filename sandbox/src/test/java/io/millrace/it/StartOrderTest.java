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
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
    private final List<EmbeddedBroker> nodes = new ArrayList<>();
    private @Nullable EmbeddedBroker broker;

    @BeforeEach
    void ports() {
        ports = MillraceProcess.freePorts(9);
    }

    @AfterEach
    void end() throws Exception {
        for (MillraceProcess process : processes) {
            process.end();
        }
        stopBroker();
        stopNodes();
        http.close();
    }

    /** All at once: a node of a quorum that has lost its majority cannot leave in order. */
    private void stopNodes() throws Exception {
        List<Thread> ends = nodes.stream()
                .map(node -> Thread.ofPlatform().start(node::close))
                .toList();
        for (Thread end : ends) {
            end.join(LIMIT);
        }
    }

    /** Some nodes of a cluster of three. */
    private void startNodes(int first, int last) throws Exception {
        List<FutureTask<EmbeddedBroker>> starts = new ArrayList<>();
        for (int node = first; node <= last; node++) {
            BrokerSettings settings = new BrokerSettings(
                    "127.0.0.1",
                    ports + 2 + node,
                    List.of(),
                    node,
                    List.of("1@127.0.0.1:" + (ports + 6), "2@127.0.0.1:" + (ports + 7), "3@127.0.0.1:" + (ports + 8)),
                    folder.resolve("node-" + node),
                    true);
            FutureTask<EmbeddedBroker> start = new FutureTask<>(() -> EmbeddedBroker.start(settings));
            starts.add(start);
            Thread.ofPlatform().daemon().start(start);
        }
        for (FutureTask<EmbeddedBroker> start : starts) {
            nodes.add(start.get(LIMIT.toSeconds(), TimeUnit.SECONDS));
        }
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

    private void start(String bootstrap, String... more) throws Exception {
        start("producer", bootstrap, "--ops-port", and(more, "--dataset", "" + DATASET, "--reward-type", "dapo"));
        // Its engine is away, so what it may have claimed is given back at the stop.
        start("worker", bootstrap, "--ops-port", and(more, "--drain-timeout", "1s"));
        start("trainer", bootstrap, "--trainer-port", List.of(more));
    }

    private static List<String> and(String[] more, String... further) {
        return Stream.concat(Stream.of(more), Stream.of(further)).toList();
    }

    private void start(String role, String bootstrap, String portFlag, List<String> more) throws Exception {
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
        arguments.addAll(more);
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
        awaitTheySay("waits for a broker");
    }

    private void awaitTheySay(String words) throws Exception {
        for (int place = 0; place < processes.size(); place++) {
            awaitSays(place, words);
        }
    }

    private void awaitSays(int place, String words) throws Exception {
        MillraceProcess process = processes.get(place);
        Await.until(
                words,
                () -> {
                    assertTrue(process.alive(), process::printed);
                    return process.printed().contains(words);
                },
                LIMIT);
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
    void fewerBrokersThanCopiesAreWaitedForUntilTheOthersHaveComeToo() throws Exception {
        startNodes(1, 2);
        start("127.0.0.1:" + (ports + 3), "--replication-factor", "3");
        awaitSays(0, "with --replication-factor 3");
        awaitSays(1, "waits for run 'order', which its producer has not made yet");
        awaitSays(2, "waits for run 'order', which its producer has not made yet");
        awaitReady(503, 0, 1, 2);
        startNodes(3, 3);
        awaitReady(200, 0, 2);
        assertFewLines(20);
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
