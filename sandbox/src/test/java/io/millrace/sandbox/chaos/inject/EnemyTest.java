package io.millrace.sandbox.chaos.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.http.OpsServer;
import io.millrace.common.http.OpsSettings;
import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An enemy's calls against the processes' own HTTP server, with each of its rules in force and taken out. */
@Timeout(60)
class EnemyTest {
    private static final long LINEAGE = 3;
    private static final long STEP = 11;
    private static final long VERSION = 40;

    private static ObjectNode status() {
        return Json.object().put("lineage", LINEAGE).put("next_step", STEP).put("weight_version", VERSION);
    }

    /** What the trainer consumer says to a body that has come past the rules about headers. */
    private static int judged(String path, String body) {
        JsonNode form;
        try {
            form = Json.MAPPER.readTree(body);
        } catch (JacksonException e) {
            return 400;
        }
        if (path.equals("/v1/policy")) {
            return !form.path("lineage").isIntegralNumber()
                    ? 400
                    : form.path("lineage").longValue() == LINEAGE
                                    && form.path("state").stringValue().equals("ready")
                                    && form.path("weight_version").longValue() == VERSION
                            ? 200
                            : 409;
        }
        if (path.equals("/v1/resume")) {
            return form.path("step").longValue() <= STEP && form.path("lineage").longValue() == LINEAGE + 1 ? 200 : 409;
        }
        return path.equals("/v1/steps/" + STEP + "/ack")
                        && form.path("lease").asString("").matches(LINEAGE + "-" + STEP + "-[0-9a-f]{16}")
                ? 409
                : 400;
    }

    private static void answer(ServerRequest request, ServerResponse response) {
        int status = judged(request.path().path(), request.content().as(String.class));
        OpsServer.sendJson(response, Status.create(status), Json.object().put("error", "as the test wants it"));
    }

    private static void routes(HttpRouting.Builder routing) {
        routing.get("/v1/status", (request, response) -> OpsServer.sendJson(response, Status.OK_200, status()))
                .post("/v1/policy", EnemyTest::answer)
                .post("/v1/resume", EnemyTest::answer)
                .post("/v1/steps/{step}/ack", EnemyTest::answer);
    }

    private static List<String> problems(int port) {
        RefusedCalls calls = new RefusedCalls(new Enemy(1).forged(port), Runnable::run, new ManualTicker());
        calls.turn();
        assertTrue(calls.over());
        return calls.problems();
    }

    /** The processes' server, which takes these hosts for its own. */
    private static List<String> problems(List<String> allowed) {
        try (Metrics metrics = new Metrics("demo");
                OpsServer server = OpsServer.start(
                        new OpsSettings("127.0.0.1", 0, Health.READY_TIMEOUT, HttpDoorSettings.answering(allowed)),
                        new Health(new ManualClock(7_000)),
                        metrics,
                        Json::object,
                        EnemyTest::routes)) {
            return problems(server.port());
        }
    }

    private static Set<String> paths(List<String> problems) {
        return problems.stream()
                .map(problem -> problem.replaceFirst("^an enemy's POST (\\S+) .*$", "$1"))
                .collect(Collectors.toSet());
    }

    @Test
    void aServerThatRefusesThemAllAsItMustHasNoProblem() {
        assertEquals(List.of(), problems(List.of()));
    }

    @Test
    void aServerThatLooksAtNeitherHostNorOriginIsFoundOutAtEveryCall() {
        List<String> problems = problems(List.of("evil.example"));
        assertEquals(6, problems.size(), problems::toString);
        assertEquals(Set.of("/v1/policy", "/v1/resume"), paths(problems));
        assertEquals(
                4,
                problems.stream()
                        .filter(problem -> problem.contains("must be refused with 403 and was answered 200"))
                        .count(),
                problems::toString);
    }

    /** Of a server with this one answer for what a rule about headers is against. */
    private static List<String> answering(int guarded) throws Exception {
        try (TrainerStandIn server = new TrainerStandIn((call, body) -> {
            boolean foreign = call.getRequestHeaders().containsKey("Origin")
                    || "evil.example".equals(call.getRequestHeaders().getFirst("Host"));
            if (call.getRequestMethod().equals("GET")) {
                return TrainerStandIn.answer(call, status());
            }
            if (foreign) {
                return guarded;
            }
            boolean text = "text/plain".equals(call.getRequestHeaders().getFirst("Content-Type"));
            int judged = judged(call.getRequestURI().getPath(), body);
            return text && guarded == 403 ? judged : text ? 415 : judged;
        })) {
            return problems(server.port());
        }
    }

    @Test
    void aServerThatTakesTextIsFoundOutAtEveryCall() throws Exception {
        List<String> problems = answering(403);
        assertEquals(2, problems.size(), problems::toString);
        assertEquals(Set.of("/v1/policy", "/v1/resume"), paths(problems));
        assertTrue(
                problems.stream()
                        .allMatch(problem -> problem.contains("must be refused with 415 and was answered 200")),
                problems::toString);
    }

    @Test
    void aRefusalForAnotherReasonIsAProblem() throws Exception {
        for (int status : List.of(400, 404, 409)) {
            List<String> problems = answering(status);
            assertEquals(6, problems.size(), problems::toString);
            assertTrue(
                    problems.stream()
                            .allMatch(
                                    problem -> problem.contains("must be refused with 403 and was answered " + status)),
                    problems::toString);
        }
    }
}
