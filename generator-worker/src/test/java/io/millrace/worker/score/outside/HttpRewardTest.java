package io.millrace.worker.score.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.millrace.common.json.Json;
import io.millrace.common.reward.GroupReward;
import io.millrace.common.reward.OutsideReward;
import io.millrace.common.reward.Requests;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import io.millrace.common.rollout.Reward;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** A real HTTP server judges. */
@Timeout(60)
final class HttpRewardTest {
    private static final RewardKeys KEYS = new RewardKeys("score", "acc");

    private final List<JsonNode> questions = new CopyOnWriteArrayList<>();
    private final HttpServer server = start();
    private final HttpReward remoteRm = new HttpReward(OutsideReward.REMOTE_RM, url(), KEYS);
    private final HttpGroupReward http = new HttpGroupReward(url(), KEYS);
    private volatile int status = 200;
    private volatile String answer = "0.5";
    /** Of the first so many questions; then as above. */
    private volatile int failures;

    private HttpServer start() {
        try {
            HttpServer created = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            created.createContext("/score", exchange -> {
                questions.add(Json.MAPPER.readTree(exchange.getRequestBody().readAllBytes()));
                byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(questions.size() <= failures ? 500 : status, bytes.length);
                exchange.getResponseBody().write(bytes);
                exchange.close();
            });
            created.start();
            return created;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/score");
    }

    @AfterEach
    void end() {
        remoteRm.close();
        http.close();
        server.stop(0);
    }

    /** slime/rollout/rm_hub/__init__.py: three fields, and the answer as it is. */
    @Test
    void remoteRmAsksAsSlimeDoes() throws Exception {
        assertEquals(0.5, remoteRm.score(Requests.of("5", "label")).value());
        assertEquals(
                Json.MAPPER.readTree("{\"prompt\": \"question\", \"response\": \"5\", \"label\": \"label\"}"),
                questions.getFirst());
        assertSame(remoteRm, remoteRm.onBoxedAnswer());
    }

    @Test
    void httpHasTheMetadataToo() throws Exception {
        answer = "{\"score\": 2, \"why\": \"so\"}";
        assertEquals(2, http.score(Requests.of("5", "label")).value());
        assertEquals(Json.object(), questions.getFirst().path("metadata"));
    }

    @Test
    void httpJudgesAGroupAtOnceAndRemoteRmNever() throws Exception {
        answer = "[1, {\"score\": 0.25}]";
        assertEquals(
                List.of(1.0, 0.25),
                http.scoreGroup(List.of(Requests.of("a", "x"), Requests.of("b", "x"))).stream()
                        .map(Reward::value)
                        .toList());
        assertEquals(2, questions.getFirst().path("samples").size());
        assertFalse(GroupReward.class.isInstance(remoteRm));
    }

    @Test
    void aServerThatFailsIsTriedAgain() throws Exception {
        failures = 1;
        assertEquals(0.5, remoteRm.score(Requests.of("5", "label")).value());
        assertEquals(2, questions.size());
    }

    @Test
    void aRefusalIsFinalAndSaysWhy() {
        status = 422;
        answer = "no such label";
        RewardException refused = assertThrows(RewardException.class, () -> remoteRm.score(Requests.of("5", "x")));
        assertEquals(RewardFailure.BROKEN, refused.kind());
        assertTrue(String.valueOf(refused.getMessage()).contains("422: no such label"), refused::toString);
        assertEquals(1, questions.size());
    }

    @Test
    void anAnswerThatIsNoRewardIsBroken() {
        for (String bad : List.of("<html>", "null", "\"high\"", "{\"acc\": 1}", "{\"error\": \"x\"}", "[1]", "")) {
            answer = bad;
            RewardException broken = assertThrows(RewardException.class, () -> http.score(Requests.of("5", "x")), bad);
            assertEquals(RewardFailure.BROKEN, broken.kind(), bad);
        }
    }
}
