package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients of the trainer consumer's port that mean no good, over plain sockets: others are served meanwhile. */
@Timeout(60)
class HostileClientsTest {
    private static final int UNFINISHED = 100;
    private static final String JSON = "Host: 127.0.0.1\r\nContent-Type: application/json\r\n";

    private WholeRun run;
    private TrainerProcess trainer;
    private final List<Socket> sockets = new ArrayList<>();

    @BeforeEach
    void begin() throws Exception {
        run = new WholeRun(Map.of("batch-groups", "2", "samples-per-group", "2"));
        trainer = run.trainer(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
        run.close();
    }

    private Socket send(String request) throws IOException {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setSoTimeout(10_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), trainer.port()), 10_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    /** What is answered, up to a kilobyte; empty when the connection ends instead. */
    private String answer(String request) throws IOException {
        try (Socket socket = send(request)) {
            byte[] buffer = new byte[1024];
            int read = socket.getInputStream().read(buffer);
            return read < 0 ? "" : new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
        }
    }

    private void refused(int status, String says, String request) throws IOException {
        String answer = answer(request);
        assertTrue(
                answer.startsWith("HTTP/1.1 " + status), () -> request.lines().findFirst() + ": " + answer);
        assertTrue(answer.contains(says), () -> request.lines().findFirst() + ": " + answer);
        assertFalse(answer.contains("unexpected") || answer.contains("\tat "), answer);
    }

    private static String lease(String query) {
        return "POST /v1/steps/next/lease" + query + " HTTP/1.1\r\n" + JSON + "Content-Length: 0\r\n\r\n";
    }

    private void served() throws Exception {
        assertEquals(200, trainer.get("/v1/status").status());
        assertEquals(
                202,
                trainer.post("/v1/steps/next/lease?wait_ms=0&lineage=0", "").status());
    }

    @Test
    void whatMakesNoSenseIsRefusedOnceAndInWords() throws Exception {
        for (String wait : List.of("abc", "-1", "60001", "9".repeat(400), "", "1e3", "%31x")) {
            refused(400, "wait_ms must be a whole number from 0 to 60000", lease("?wait_ms=" + wait));
        }
        for (String query : List.of("?wait_ms=%zz", "?wait_ms=%", "?%", "?&&&=&=")) {
            String answer = answer(lease(query + "&wait_ms=x"));
            assertTrue(answer.startsWith("HTTP/1.1 400"), query + ": " + answer);
        }
        refused(400, "step must be", "GET /v1/steps/abc/batch HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        refused(404, "no GET", "GET /v1/" + "x/".repeat(200) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        String ack = "POST /v1/resume HTTP/1.1\r\n" + JSON;
        refused(400, "no JSON", ack + "Content-Length: 20000\r\n\r\n" + "[".repeat(20_000));
        refused(413, "larger than 65536 bytes", ack + "Content-Length: 80000\r\n\r\n" + " ".repeat(80_000));
        refused(
                413,
                "larger than 65536 bytes",
                ack + "Transfer-Encoding: chunked\r\n\r\n" + ("2000\r\n" + " ".repeat(0x2000) + "\r\n").repeat(10));
        served();
    }

    @Test
    void requestsThatAreNeverFinishedKeepNobodyOut() throws Exception {
        for (int i = 0; i < UNFINISHED; i++) {
            send("POST /v1/resume HTTP/1.1\r\nHo".substring(0, 5 + i % 20));
            send("POST /v1/resume HTTP/1.1\r\n" + JSON + "Content-Length: 100\r\n\r\n{");
            send(lease("?wait_ms=60000&lineage=0"));
        }
        served();
    }

    @Test
    void randomBytesChangeNothing() throws Exception {
        Random random = new Random(11);
        String good =
                "POST /v1/steps/next/lease?wait_ms=0&lineage=0 HTTP/1.1\r\n" + JSON + "Content-Length: 2\r\n\r\n{}";
        for (int i = 0; i < 100; i++) {
            StringBuilder request = new StringBuilder(good);
            for (int changes = random.nextInt(6); changes >= 0; changes--) {
                request.setCharAt(random.nextInt(request.length()), (char) random.nextInt(256));
            }
            Socket socket = send(request.toString());
            socket.shutdownOutput();
            try {
                String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
                assertFalse(answer.startsWith("HTTP/1.1 5"), () -> request + " was answered " + answer);
            } catch (IOException e) {
                assertTrue(String.valueOf(e.getMessage()).contains("reset"), e::toString);
            }
        }
        served();
    }
}
