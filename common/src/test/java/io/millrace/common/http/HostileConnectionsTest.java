package io.millrace.common.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.http.Status;
import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.testing.ManualClock;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every process's port is sent by clients that are none, over plain sockets. */
@Timeout(60)
class HostileConnectionsTest {
    private static final String JSON = "Host: 127.0.0.1\r\nContent-Type: application/json\r\n";

    private final Metrics metrics = new Metrics("demo");
    private final OpsServer server = OpsServer.start(
            new OpsSettings("127.0.0.1", 0, Health.READY_TIMEOUT, HttpDoorSettings.DEFAULTS),
            "--ops-host and --ops-port",
            OpsServer.CONNECTIONS_MAX,
            new Health(new ManualClock(7_000)),
            metrics,
            Json::object,
            routing -> routing.post("/v1/form", (request, response) -> {
                try (InputStream in = request.content().inputStream()) {
                    OpsServer.sendJson(response, Status.OK_200, Json.object().put("bytes", in.readAllBytes().length));
                }
            }),
            Duration.ofMillis(300));

    @AfterEach
    void close() {
        server.close();
        metrics.close();
    }

    private Socket send(String request) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    /** Everything until the server ends the connection. */
    private static String answer(Socket socket) throws IOException {
        try (socket) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("reset"), e::toString);
            return "";
        }
    }

    @Test
    void aRequestThatIsNeverFinishedEndsWhereverItStops() throws Exception {
        for (String begun : List.of(
                "",
                "POST /v1/f",
                "POST /v1/form HTTP/1.1\r\nHo",
                "POST /v1/form HTTP/1.1\r\n" + JSON + "Content-Length: 100\r\n\r\n",
                "POST /v1/form HTTP/1.1\r\n" + JSON + "Content-Length: 100\r\n\r\n{\"a",
                "POST /v1/form HTTP/1.1\r\n" + JSON + "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"a",
                "POST /nowhere HTTP/1.1\r\n" + JSON + "Content-Length: 100\r\n\r\n{\"a",
                "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")) {
            String answer = answer(send(begun));
            assertFalse(answer.startsWith("HTTP/1.1 5"), () -> begun + " was answered " + answer);
        }
    }

    @Test
    void aRequestLineThatIsNoneIsTheClientsFault() throws Exception {
        Random random = new Random(11);
        String good = "POST /v1/form HTTP/1.1\r\n" + JSON + "Content-Length: 2\r\n\r\n{}";
        for (int i = 0; i < 300; i++) {
            StringBuilder request = new StringBuilder(good);
            for (int changes = random.nextInt(6); changes >= 0; changes--) {
                request.setCharAt(random.nextInt(i % 2 == 0 ? 26 : good.length()), (char) random.nextInt(256));
            }
            Socket socket = send(request.toString());
            socket.shutdownOutput();
            String answer = answer(socket);
            assertFalse(answer.startsWith("HTTP/1.1 5"), () -> request + " was answered " + answer);
        }
        String answer = answer(send("P{ST /v1/form HTTP/1.1\r\n" + JSON + "Content-Length: 2\r\n\r\n{}"));
        assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
        assertEquals(
                "HTTP/1.1 200 ",
                answer(send("GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"))
                        .substring(0, 13));
    }
}
