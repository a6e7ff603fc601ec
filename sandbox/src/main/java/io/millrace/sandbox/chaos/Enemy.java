package io.millrace.sandbox.chaos;

import io.millrace.sandbox.oracle.Oracle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What anybody may send who can reach a port: bytes that are no protocol, requests of a web page of another site, calls
 * with made-up tokens, and, with a Kafka client, records that are none of ours on every topic. None of it may change
 * anything. Stateless but for its random bytes; one owner.
 */
final class Enemy {
    private static final Logger log = LoggerFactory.getLogger(Enemy.class);
    private static final int LIMIT_MS = 3_000;
    private static final int GARBAGE_BYTES = 2_000;
    private static final List<String> TOPICS = List.of(
            "prompts",
            "prompts.urgent",
            "prompts.eval",
            "results",
            "eval-results",
            "partials",
            "receipts",
            "eval-receipts",
            "workers",
            "steps",
            "policy",
            "evals");

    private final Random random;

    Enemy(long seed) {
        this.random = new Random(seed);
    }

    private byte[] garbage() {
        byte[] bytes = new byte[1 + random.nextInt(GARBAGE_BYTES)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Bytes that are no request of any protocol, and half a request that is never ended. */
    void babble(int port) {
        exchange(port, garbage());
        exchange(port, "POST /v1/resume HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{");
        // Shorter than its own length says: what a Kafka broker would wait for.
        exchange(port, new byte[] {0x7f, 0x7f, 0x7f, 0x7f, 0, 1, 2});
    }

    /**
     * Calls that a trainer consumer must refuse.
     *
     * @param lineage that a resumption would open
     * @return what was answered as if it were allowed
     */
    List<String> forge(int port, long lineage, long step) {
        String resume = "{\"step\":0,\"mode\":\"fresh\",\"lineage\":" + lineage + "}";
        String ack = "{\"lease\":\"" + (lineage - 1) + "-" + step + "-0123456789abcdef\",\"weight_version\":1000}";
        String own = "127.0.0.1:" + port;
        List<String> taken = new ArrayList<>();
        call(taken, port, "/v1/resume", own, "Origin: http://evil.example\r\nContent-Type: text/plain\r\n", resume);
        call(
                taken,
                port,
                "/v1/resume",
                own,
                "Origin: http://evil.example\r\nContent-Type: application/json\r\n",
                resume);
        call(taken, port, "/v1/resume", "evil.example", "Content-Type: application/json\r\n", resume);
        call(taken, port, "/v1/resume", own, "Content-Type: text/plain\r\n", resume);
        call(taken, port, "/v1/resume", own, "Content-Type: application/json\r\n", resume.substring(1));
        call(taken, port, "/v1/steps/" + step + "/ack", own, "Content-Type: application/json\r\n", ack);
        call(taken, port, "/v1/steps/" + step + "/ack", own, "Content-Type: application/json\r\n", "{}");
        call(
                taken,
                port,
                "/v1/policy",
                own,
                "Content-Type: application/json\r\n",
                "{\"state\":\"ready\",\"weight_version\":1000}");
        return taken;
    }

    private void call(List<String> taken, int port, String path, String host, String headers, String body) {
        String answer = exchange(
                port,
                "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers
                        + "Connection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        if (answer.startsWith("HTTP/1.1 2")) {
            taken.add("POST " + path + " of an enemy (" + headers.strip() + ", host " + host + ") was answered "
                    + answer.lines().findFirst().orElse(""));
        }
    }

    private static String exchange(int port, String request) {
        return exchange(port, request.getBytes(StandardCharsets.UTF_8));
    }

    /** @return what came within the limit, if anything did */
    private static String exchange(int port, byte[] request) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LIMIT_MS);
            socket.setSoTimeout(LIMIT_MS / 3);
            socket.getOutputStream().write(request);
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[1_024];
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                answer.write(buffer, 0, read);
            }
        } catch (IOException e) {
            log.debug("port {} has had enough", port, e);
        }
        return answer.toString(StandardCharsets.UTF_8);
    }

    /** Garbage on every topic of the run, by a client of its own; each record is marked, so that the oracle knows it. */
    void pollute(String bootstrap, String run) throws InterruptedException {
        Map<String, Object> properties = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ProducerConfig.CLIENT_ID_CONFIG, "chaos-enemy",
                ProducerConfig.MAX_BLOCK_MS_CONFIG, LIMIT_MS,
                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, LIMIT_MS,
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 2 * LIMIT_MS);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (String topic : TOPICS) {
                for (byte[] value : List.of(garbage(), bytes("{}"), bytes("{\"v\":1,\"type\":\"lease\",\"step\":"))) {
                    ProducerRecord<byte[], byte[]> record =
                            new ProducerRecord<>(run + "." + topic, bytes("enemy"), value);
                    record.headers().add(Oracle.HOSTILE_HEADER, bytes("1"));
                    producer.send(record).get(2 * LIMIT_MS, TimeUnit.MILLISECONDS);
                }
            }
        } catch (ExecutionException | TimeoutException e) {
            log.info("the enemy's records were not all taken: {}", e.toString());
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
