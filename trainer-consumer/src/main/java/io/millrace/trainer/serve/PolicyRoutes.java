package io.millrace.trainer.serve;

import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.http.OpsServer;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.Policy;
import io.millrace.trainer.ask.PolicyAnswer;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.queue.RolloutQueue;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the trainer's weights are at, over HTTP: {@code POST /v1/policy} with {@code {"lineage": 0, "state": "updating"}},
 * {@code paused}, or {@code ready} with {@code "weight_version": 4}, without a version for the one before; {@code GET
 * /v1/policy}. The lineage is the one that the run is in. Idempotent. Thread-safe.
 */
final class PolicyRoutes {
    private static final String PATH = "/v1/policy";

    private final RolloutQueue queue;

    PolicyRoutes(RolloutQueue queue) {
        this.queue = queue;
    }

    void addTo(HttpRouting.Builder routing) {
        routing.get(PATH, this::read).post(PATH, this::announce);
    }

    private void read(ServerRequest request, ServerResponse response) throws InterruptedException {
        send(response, queue.policy());
    }

    private void announce(ServerRequest request, ServerResponse response) throws InterruptedException {
        ObjectNode form = Forms.form(Forms.body(request), List.of("lineage", "state", "weight_version"));
        Long lineage = Forms.number(form, "lineage");
        Long version = Forms.number(form, "weight_version");
        Policy.State state = state(form);
        if (lineage == null) {
            throw Forms.bad("lineage must be given: the one that the trainer is in, as its leases say");
        }
        if (version != null && state != Policy.State.READY) {
            throw new HttpException(
                    "weight_version goes with state ready only: a version is announced when engines serve it",
                    Status.BAD_REQUEST_400);
        }
        switch (queue.announce(
                new Announcement(new Lineage(lineage), state, version == null ? null : new WeightVersion(version)))) {
            case PolicyAnswer.Stands stands -> send(response, stands);
            case PolicyAnswer.Refused refused -> TrainerRoutes.conflict(response, refused.why(), refused.current());
        }
    }

    private static Policy.State state(ObjectNode form) {
        String word = form.path("state").asString("");
        for (Policy.State state : Policy.State.values()) {
            if (state.word().equals(word)) {
                return state;
            }
        }
        throw new HttpException(
                "state must be ready, updating or paused, was " + form.path("state"), Status.BAD_REQUEST_400);
    }

    private static void send(ServerResponse response, PolicyAnswer.Stands stands) {
        Policy policy = stands.policy();
        ObjectNode body = Json.object();
        body.put("lineage", policy.lineage().value());
        body.put("weight_version", policy.word().value());
        body.put("version_offset", policy.words().offset());
        body.put("state", policy.state().word());
        body.put("trained_groups", policy.trainedGroups());
        body.put("since_ms", policy.sinceMs());
        ArrayNode warnings = body.putArray("warnings");
        stands.warnings().forEach(warnings::add);
        OpsServer.sendJson(response, Status.OK_200, body);
    }
}
