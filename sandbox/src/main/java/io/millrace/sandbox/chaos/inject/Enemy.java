package io.millrace.sandbox.chaos.inject;

import io.millrace.sandbox.chaos.inject.RefusedCalls.Call;
import io.millrace.sandbox.cluster.ClusterSpec;
import io.millrace.sandbox.cluster.StatusProbe;
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
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * What anybody may send who can reach a port: bytes that are no protocol, requests of a web page of another site, calls
 * with made-up tokens, and, with a Kafka client, records that are none of ours on every topic. None of it may change
 * anything. Stateless but for its random bytes; one owner, whose calls may be made by any thread.
 */
public final class Enemy {
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

    private static final int BAD = 400;
    private static final int FORBIDDEN = 403;
    private static final int CONFLICT = 409;
    private static final int UNSUPPORTED = 415;
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.1 ([0-9]{3})[ \r]");
    private static final String FOREIGN = "Origin: http://evil.example\r\n";
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String TEXT = "Content-Type: text/plain\r\n";
    private static final Form POLICY = new Form("/v1/policy", Enemy::policy);
    private static final Form RESUME = new Form("/v1/resume", Enemy::resume);

    private final StatusProbe probe = new StatusProbe();
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
     * Calls that a trainer consumer must refuse: what a web page of another site, or one behind a name of its own, may
     * send, wholly valid otherwise, and what is valid but for a made-up token, a missing lineage or its end. Each reads
     * the run's status first, so that nothing else is against it.
     */
    List<Call> forged(int port) {
        String own = "127.0.0.1:" + port;
        List<Call> calls = new ArrayList<>();
        for (Form form : List.of(POLICY, RESUME)) {
            calls.add(call(port, form, FORBIDDEN, own, FOREIGN + JSON));
            calls.add(call(port, form, FORBIDDEN, "evil.example", JSON));
            calls.add(call(port, form, UNSUPPORTED, own, TEXT));
            calls.add(call(port, form, FORBIDDEN, own, FOREIGN + TEXT));
        }
        calls.add(call(port, new Form("/v1/resume", now -> RESUME.body(now).substring(1)), BAD, own, JSON));
        calls.add(call(port, new Form("/v1/policy", now -> "{\"state\":\"ready\"}"), BAD, own, JSON));
        calls.add(call(port, new Form(Enemy::ack, now -> "{}"), BAD, own, JSON));
        calls.add(call(port, new Form(Enemy::ack, Enemy::madeUp), CONFLICT, own, JSON));
        return calls;
    }

    /**
     * How the run stands.
     *
     * @param weightVersion as the trainer calls it
     */
    private record Now(long lineage, long step, long weightVersion) {}

    /** A call to be made of what the run is at. */
    private record Form(Function<Now, String> paths, Function<Now, String> bodies) {
        Form(String path, Function<Now, String> bodies) {
            this(now -> path, bodies);
        }

        String path(Now now) {
            return paths.apply(now);
        }

        String body(Now now) {
            return bodies.apply(now);
        }
    }

    private static String policy(Now now) {
        return "{\"lineage\":" + now.lineage() + ",\"state\":\"ready\",\"weight_version\":" + now.weightVersion() + "}";
    }

    private static String resume(Now now) {
        return "{\"step\":" + now.step() + ",\"mode\":\"fresh\",\"lineage\":" + (now.lineage() + 1) + "}";
    }

    private static String ack(Now now) {
        return "/v1/steps/" + now.step() + "/ack";
    }

    /** An acknowledgement of the step that is due, by a token that nobody was given. */
    private static String madeUp(Now now) {
        return "{\"lease\":\"" + now.lineage() + "-" + now.step() + "-0123456789abcdef\",\"weight_version\":"
                + (now.weightVersion() + 1) + "}";
    }

    private Call call(int port, Form form, int refusal, String host, String headers) {
        // Named by what does not change from one try to the next.
        String what = "an enemy's POST " + form.path(new Now(0, 0, 0)) + " ("
                + headers.strip().replace("\r\n", ", ") + ", Host: " + host + ") " + form.body(new Now(0, 0, 0));
        return new Call(what, refusal, () -> {
            Now now = now(port);
            String body = form.body(now);
            return answer(exchange(
                    port,
                    "POST " + form.path(now) + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers
                            + "Connection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body));
        });
    }

    private Now now(int port) throws IOException, InterruptedException {
        JsonNode status = probe.json(ClusterSpec.url(port) + "/v1/status")
                .orElseThrow(() -> new IOException("the status was not answered"));
        return new Now(number(status, "lineage"), number(status, "next_step"), number(status, "weight_version"));
    }

    private static long number(JsonNode status, String key) throws IOException {
        if (!status.path(key).isIntegralNumber()) {
            throw new IOException("the status has no " + key + ": " + status);
        }
        return status.path(key).longValue();
    }

    private static RefusedCalls.Answer answer(String text) throws IOException {
        Matcher line = STATUS_LINE.matcher(text);
        if (!line.lookingAt()) {
            throw new IOException("no answer, but '" + text + "'");
        }
        int body = text.indexOf("\r\n\r\n");
        return new RefusedCalls.Answer(Integer.parseInt(line.group(1)), body < 0 ? "" : text.substring(body));
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
