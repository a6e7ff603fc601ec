package io.millrace.trainer.serve;

import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.trainer.ask.PolicyAnswer;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.queue.RolloutQueue;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    private record PolicyBody(
            @Nullable Lineage lineage,
            Policy.@Nullable State state,
            @Nullable WeightVersion weightVersion) {}

    private void announce(ServerRequest request, ServerResponse response) throws InterruptedException {
        PolicyBody body = Bodies.read(request, PolicyBody.class);
        Lineage lineage = Bodies.given(body.lineage(), "lineage", "the one that the trainer is in, as its leases say");
        Policy.State state = Bodies.given(body.state(), "state", "ready, updating or paused");
        if (body.weightVersion() != null && state != Policy.State.READY) {
            throw Bodies.bad("weight_version goes with state ready only: a version is announced when engines serve it");
        }
        send(response, queue.announce(new Announcement(lineage, state, body.weightVersion())));
    }

    /** @param weightVersion as the trainer calls it */
    private record PolicyView(
            Lineage lineage,
            WeightVersion weightVersion,
            long versionOffset,
            Policy.State state,
            long trainedGroups,
            long sinceMs,
            List<String> warnings) {}

    private static void send(ServerResponse response, PolicyAnswer answer) {
        Policy policy = answer.policy();
        TrainerRoutes.send(
                response,
                Status.OK_200,
                new PolicyView(
                        policy.lineage(),
                        policy.word(),
                        policy.words().offset(),
                        policy.state(),
                        policy.trainedGroups(),
                        policy.sinceMs(),
                        answer.warnings()));
    }
}
