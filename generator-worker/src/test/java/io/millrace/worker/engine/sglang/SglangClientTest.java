package io.millrace.worker.engine.sglang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Media;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the client makes of answers that end too early or are none; a socket of the test's own answers. */
@Timeout(60)
class SglangClientTest {
    private static final int ANSWER_BYTES_MAX = 1024;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final EngineHttp http = new EngineHttp(Ticker.system(), Duration.ofSeconds(5), ANSWER_BYTES_MAX);
    private final SglangClient client = new SglangClient(http);

    @AfterEach
    void end() {
        http.close();
        threads.shutdownNow();
    }

    /** What the server does with a connection once a request has begun to arrive. */
    private interface Answer {
        void on(Socket connection) throws IOException;
    }

    private ServerSocket server(Answer answer) throws IOException {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        threads.execute(() -> {
            try {
                while (true) {
                    Socket connection = server.accept();
                    threads.execute(() -> serve(connection, answer));
                }
            } catch (IOException e) {
                // The test has ended.
            }
        });
        return server;
    }

    private static void serve(Socket accepted, Answer answer) {
        try (Socket connection = accepted) {
            if (connection.getInputStream().read() >= 0) {
                answer.on(connection);
            }
        } catch (IOException e) {
            // The client has gone, which some tests want.
        }
    }

    private Generation generate(ServerSocket server) throws EngineException, InterruptedException {
        return client.generate(
                "http://127.0.0.1:" + server.getLocalPort(),
                new GenerateRequest("rid", "session", new int[] {1}, null, SamplingParams.defaults(16), 0, 0),
                LIMIT);
    }

    private Kind failure(Answer answer) throws Exception {
        try (ServerSocket server = server(answer)) {
            return assertThrows(EngineException.class, () -> generate(server)).kind();
        }
    }

    private static Answer bytes(String text) {
        return connection -> {
            OutputStream out = connection.getOutputStream();
            out.write(text.replace("|", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            // All of the request is taken, so that closing sends an end and no reset.
            connection.shutdownOutput();
            connection.getInputStream().readAllBytes();
        };
    }

    @ParameterizedTest
    @CsvSource({
        "'', UNREACHABLE",
        "HTTP/1.1 200 OK|Content-Length: 500||{\"text\": \"cut, UNREACHABLE",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|{\"tex, UNREACHABLE",
        "HTTP/1.1 200 OK|Content-Length: many||{}, MALFORMED",
        "HTTP/1.1 200 OK|Content-Length: 9||no JSON {, MALFORMED",
        "HTTP/1.1 200 OK|Content-Length: 2||{}, MALFORMED",
        "HTTP/1.1 200 OK|Content-Length: 0||, MALFORMED",
        "HTTP/1.1 200 OK|Content-Length: 999999999999||{, UNREACHABLE",
        "HTTP/1.1 503 Loading|Content-Length: 0||, OVERLOADED",
        "HTTP/1.1 500 Bug|Content-Length: 0||, FAILED",
        "HTTP/1.1 302 Elsewhere|Location: /x|Content-Length: 0||, FAILED",
        "HTTP/1.1 400 No|Content-Length: 0||, REFUSED"
    })
    void anAnswerThatIsNoGenerationSaysOfWhichKindItIs(String answer, Kind kind) throws Exception {
        assertEquals(kind, failure(bytes(answer)));
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.1 200 OK|Content-Length: 24||{\"weight_version\": \"12\"}, 12",
        "HTTP/1.1 200 OK|Content-Length: 22||{\"weight_version\": 12}, 12"
    })
    void anEngineSaysWhichWeightsItServes(String answer, String version) throws Exception {
        try (ServerSocket server = server(bytes(answer))) {
            assertEquals(version, client.weightVersion("http://127.0.0.1:" + server.getLocalPort(), LIMIT));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.1 200 OK|Content-Length: 9||no JSON {, MALFORMED",
        "HTTP/1.1 503 Loading|Content-Length: 0||, OVERLOADED"
    })
    void anEngineThatCannotSayWhichWeightsItServesIsNoEngineWithoutVersions(String answer, Kind kind) throws Exception {
        try (ServerSocket server = server(bytes(answer))) {
            EngineException failure = assertThrows(
                    EngineException.class,
                    () -> client.weightVersion("http://127.0.0.1:" + server.getLocalPort(), LIMIT));
            assertEquals(kind, failure.kind());
        }
    }

    @Test
    void aConnectionResetInTheMiddleOfAnAnswerIsAnEngineAway() throws Exception {
        assertEquals(Kind.UNREACHABLE, failure(connection -> {
            connection
                    .getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{".getBytes(StandardCharsets.US_ASCII));
            connection.setSoLinger(true, 0);
        }));
    }

    @Test
    void anEndlessAnswerIsReadNoFurtherThanItsLimit() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        Kind kind = failure(connection -> {
            try {
                OutputStream out = connection.getOutputStream();
                out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                while (true) {
                    out.write(new byte[ANSWER_BYTES_MAX]);
                }
            } finally {
                gone.countDown();
            }
        });
        assertEquals(Kind.MALFORMED, kind);
        gone.await();
    }

    /** Else the engine would be taken for one that cannot be reached. */
    @Test
    void oneWhoWasInterruptedBeforeTheRequestIsInterrupted() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.currentThread().interrupt();
            assertThrows(InterruptedException.class, () -> generate(server));
            assertFalse(Thread.currentThread().isInterrupted());
        }
    }

    @Test
    void anInterruptedRequestEndsItsConnection() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch hungUp = new CountDownLatch(1);
        try (ServerSocket server = server(connection -> {
            asked.countDown();
            connection.getInputStream().readAllBytes();
            hungUp.countDown();
        })) {
            CountDownLatch interrupted = new CountDownLatch(1);
            Thread caller = Thread.ofVirtual().start(() -> {
                assertThrows(InterruptedException.class, () -> generate(server));
                interrupted.countDown();
            });
            asked.await();
            caller.interrupt();
            interrupted.await();
            assertEquals(true, hungUp.await(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void theSamplesSessionIsTheGatewaysRoutingKey() throws Exception {
        CompletableFuture<String> head = new CompletableFuture<>();
        failure(connection -> {
            byte[] bytes = new byte[4096];
            head.complete(new String(bytes, 0, connection.getInputStream().read(bytes), StandardCharsets.US_ASCII));
        });
        assertTrue(head.join().contains("X-SMG-Routing-Key: session\r\n"), head::join);
    }

    @Test
    void imagesAndOtherMediaGoAsTheyAreGiven() {
        ObjectNode metadata = (ObjectNode) Json.MAPPER.readTree("""
                {"multimodal_inputs": {"images": ["data:image/png;base64,AAAA", "/data/1.png"], "audio": ["a.wav"]}}
                """);
        JsonNode body = Json.MAPPER.readTree(SglangClient.body(new GenerateRequest(
                "r", "s", null, "<image> What?", SamplingParams.defaults(4), 0, 0, null, Media.of(metadata), 0)));
        assertEquals("<image> What?", body.path("text").stringValue());
        assertEquals(
                "[\"data:image/png;base64,AAAA\",\"/data/1.png\"]",
                body.path("image_data").toString());
        assertEquals("[\"a.wav\"]", body.path("audio_data").toString());
        assertFalse(body.has("video_data"));
        assertTrue(Media.of(Json.object()).isEmpty());
    }

    @Test
    void whatIsContinuedHasTheLimitsOfWhatIsLeft() {
        SamplingParams params = new SamplingParams(
                1, 1, -1, 10, List.of(), List.of(), false, Json.object().put("min_new_tokens", 3));
        for (int begun : new int[] {0, 2, 4}) {
            JsonNode sent = Json.MAPPER
                    .readTree(SglangClient.body(
                            new GenerateRequest("rid", "session", new int[] {1}, null, params, begun, 0)))
                    .path("sampling_params");
            assertEquals(10 - begun, sent.path("max_new_tokens").intValue());
            assertEquals(Math.max(0, 3 - begun), sent.path("min_new_tokens").intValue());
        }
    }

    @Test
    void nobodyListeningIsAnEngineAway() throws Exception {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        server.close();
        assertEquals(
                Kind.UNREACHABLE,
                assertThrows(EngineException.class, () -> generate(server)).kind());
    }
}
