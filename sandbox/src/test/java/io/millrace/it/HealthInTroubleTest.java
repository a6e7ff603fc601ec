package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.json.Json;
import io.millrace.common.testing.Await;
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.EngineSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What the three roles, as processes, say of themselves while the broker hangs, no engine is there or a password is wrong. */
class HealthInTroubleTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Path DATASET = Path.of("data", "math-problems.jsonl").toAbsolutePath();

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<MillraceProcess> roles = new ArrayList<>();
    private final List<MillraceProcess> others = new ArrayList<>();
    private int ports;

    @BeforeEach
    void ports() {
        ports = MillraceProcess.freePorts(5);
    }

    @AfterEach
    void end() throws Exception {
        for (MillraceProcess process : others) {
            process.resume();
        }
        // Nothing of the run is asked for any more.
        for (MillraceProcess process : roles) {
            process.kill();
        }
        for (MillraceProcess process : others) {
            process.kill();
        }
        http.close();
    }

    /** Producer, worker and trainer consumer, in this order. */
    private void startRoles(String... more) throws Exception {
        startRole("producer", "--ops-port", more, "--dataset", "" + DATASET, "--reward-type", "dapo");
        startRole("worker", "--ops-port", more, "--engine-url", "http://127.0.0.1:" + (ports + 4));
        startRole("trainer", "--trainer-port", more);
    }

    private void startRole(String role, String portFlag, String[] all, String... own) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                role,
                "--run",
                "trouble",
                "--bootstrap",
                "127.0.0.1:" + (ports + 3),
                "--ready-timeout",
                "2s",
                portFlag,
                "" + (ports + roles.size())));
        arguments.addAll(List.of(all));
        arguments.addAll(List.of(own));
        roles.add(MillraceProcess.start(folder, arguments.toArray(String[]::new)));
    }

    private EngineServer startEngine() {
        return EngineServer.start(SettingsBinder.of(EngineSettings.class, Map.of("engine-port", "" + (ports + 4))));
    }

    private record Answer(int status, JsonNode parts) {}

    private static String state(Answer answer, String part) {
        return answer.parts().path(part).path("state").asString();
    }

    private Answer health(int place, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + (ports + place) + "/health/" + path))
                .timeout(LIMIT)
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            return new Answer(
                    response.statusCode(), Json.MAPPER.readTree(response.body()).path("parts"));
        } catch (IOException e) {
            return new Answer(0, Json.object());
        }
    }

    private void awaitReady(int place) throws Exception {
        Await.until(
                "process " + place + " to be ready",
                () -> {
                    assertTrue(roles.get(place).alive(), () -> roles.get(place).printed());
                    return health(place, "ready").status() == 200;
                },
                LIMIT);
    }

    /** It is not ready, says which part, what for and since when, and lives on. */
    private void awaitBlocked(int place, String part, String whatFor) throws Exception {
        long nowMs = System.currentTimeMillis();
        AtomicReference<Answer> last = new AtomicReference<>(new Answer(0, Json.object()));
        Await.until(
                "process " + place + " to be blocked in " + part,
                () -> {
                    assertTrue(roles.get(place).alive(), () -> roles.get(place).printed());
                    Answer now = health(place, "ready");
                    last.set(now);
                    return now.status() == 503 && state(now, part).equals("blocked");
                },
                LIMIT);
        JsonNode blocked = last.get().parts().path(part);
        assertTrue(blocked.path("detail").asString().contains(whatFor), blocked::toString);
        long sinceMs = blocked.path("since_ms").longValue();
        assertTrue(
                Math.abs(sinceMs - nowMs) < LIMIT.toMillis(), () -> blocked + " is said of a time far from " + nowMs);
        assertEquals(200, health(place, "live").status());
    }

    @Test
    void processesAreReadyOnlyWhileBrokerAndEngineAnswerAndLiveAllTheTime() throws Exception {
        MillraceProcess broker = MillraceProcess.start(
                folder, "broker", "--kafka-port", "" + (ports + 3), "--data-dir", "" + folder.resolve("data"));
        others.add(broker);
        startRoles();

        awaitBlocked(1, "engines", "none of which is well: http://127.0.0.1:" + (ports + 4));
        assertTrue(
                roles.get(1).printed().contains("no engine is well: http://127.0.0.1:" + (ports + 4)),
                roles.get(1)::printed);
        try (EngineServer _ = startEngine()) {
            for (int place = 0; place < roles.size(); place++) {
                awaitReady(place);
            }
            assertTrue(roles.get(1).printed().contains("an engine is well again"), roles.get(1)::printed);

            broker.freeze();
            awaitBlocked(1, "broker", "the broker, which has not taken the last status");
            awaitBlocked(2, "trainer-loop", "the broker to answer");
            awaitBlocked(0, "broker", "");
            broker.resume();
            for (int place = 0; place < roles.size(); place++) {
                awaitReady(place);
            }
        }
    }

    @Test
    void aWrongPasswordEndsEachRoleAtItsStartInOneLine() throws Exception {
        try (EmbeddedBroker broker = guarded("right")) {
            startRoles(
                    "--kafka",
                    "security.protocol=SASL_PLAINTEXT",
                    "--kafka",
                    "sasl.mechanism=PLAIN",
                    "--kafka",
                    "sasl.jaas.config=" + jaas("broker", "wrong") + ";");
            for (MillraceProcess role : roles) {
                assertEquals(2, role.exitCode(LIMIT), role::printed);
                List<String> said = role.printed()
                        .lines()
                        .filter(line -> line.startsWith("millrace ") && line.contains("this client is refused"))
                        .toList();
                assertEquals(1, said.size(), role::printed);
                assertTrue(said.getFirst().contains("--bootstrap " + broker.bootstrap()), role::printed);
                assertTrue(role.printed().lines().noneMatch(line -> line.startsWith("\tat ")), role::printed);
                assertTrue(!role.printed().contains("wrong"), role::printed);
            }
        }
    }

    /** Asks whoever comes for the password of its one user, who is called broker. */
    private EmbeddedBroker guarded(String password) {
        Map<String, String> properties = Map.of(
                "listener.security.protocol.map",
                "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                "sasl.enabled.mechanisms",
                "PLAIN",
                "sasl.mechanism.inter.broker.protocol",
                "PLAIN",
                "listener.name.plaintext.plain.sasl.jaas.config",
                jaas("broker", password) + " user_broker=\"" + password + "\";");
        BrokerSettings settings =
                new BrokerSettings("127.0.0.1", ports + 3, List.of(), 1, List.of(), folder.resolve("guarded"), false);
        return EmbeddedBroker.start(settings, properties);
    }

    @Test
    @Tag("thorough")
    void whatTheRolesSayHoldsNoneOfTheirSecrets() throws Exception {
        String password = "right-7f3a91c0";
        String token = "0123456789abcdef0123456789abcdef";
        Path kafka = Files.writeString(
                folder.resolve("kafka.properties"),
                "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=" + jaas("broker", password)
                        + ";\n");
        Path tokens = Files.writeString(folder.resolve("tokens"), token + "\n");
        StringBuilder said = new StringBuilder();
        try (EmbeddedBroker _ = guarded(password);
                EngineServer _ = startEngine()) {
            startRoles("--kafka-file", "" + kafka, "--api-token-file", "" + tokens);
            for (int place = 0; place < roles.size(); place++) {
                awaitReady(place);
                for (String path : List.of("/status", "/metrics", "/health/ready", "/v1/status")) {
                    said.append(asked(place, path, token)).append(asked(place, path, token + "x"));
                }
            }
            for (MillraceProcess role : roles) {
                role.terminate();
                assertEquals(0, role.exitCode(LIMIT), role::printed);
                said.append(role.printed());
            }
        }
        assertTrue(said.length() > 10_000, () -> "all that was said is " + said);
        assertTrue(said.indexOf("policy") > 0, said::toString);
        assertEquals(-1, said.indexOf(password), said::toString);
        assertEquals(-1, said.indexOf(token), said::toString);
    }

    private String asked(int place, String path, String token) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + (ports + place) + path))
                .header("Authorization", "Bearer " + token)
                .timeout(LIMIT)
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private static String jaas(String user, String password) {
        return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
                + password + "\"";
    }
}
