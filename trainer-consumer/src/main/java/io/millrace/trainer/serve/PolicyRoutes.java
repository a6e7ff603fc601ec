package io.millrace.trainer.serve;

import io.helidon.http.Status;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.trainer.api.Described;
import io.millrace.trainer.api.Operation;
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

    private static final Operation READ = Operation.get(PATH, "policy", "What the run's weights are at.")
            .answers(200, PolicyView.class, "How it stands.")
            .refuses(503);

    private static final Operation ANNOUNCE = Operation.post(
                    PATH, "announce", "Says what the weights are at. Durable when it is answered.")
            .body(PolicyBody.class)
            .answers(200, PolicyView.class, "How it stands now.")
            .refuses(409)
            .refuses(503);

    static final List<Operation> OPERATIONS = List.of(READ, ANNOUNCE);

    private final RolloutQueue queue;

    PolicyRoutes(RolloutQueue queue) {
        this.queue = queue;
    }

    void addTo(ApiRoutes api) {
        api.add(READ, call -> send(call, queue.policy())).add(ANNOUNCE, this::announce);
    }

    @Described(
            value = "",
            schema =
                    "{\"if\":{\"properties\":{\"weight_version\":{\"type\":\"integer\"}},\"required\":[\"weight_version\"]},"
                            + "\"then\":{\"properties\":{\"state\":{\"const\":\"ready\"}}}}")
    record PolicyBody(
            @Described("the one that the trainer is in, as its leases say")
            Lineage lineage,

            @Described("ready, updating or paused; nothing is generated but in the first")
            Policy.State state,

            @Nullable
            @Described("what the trainer calls the weights that all engines serve; with ready only, the one before when"
                    + " absent; a lower one than the run's begins a lineage in which the trainer counts anew")
            WeightVersion weightVersion) {}

    private void announce(Call call) throws InterruptedException {
        PolicyBody body = call.body(PolicyBody.class);
        if (body.weightVersion() != null && body.state() != Policy.State.READY) {
            throw Bodies.bad("weight_version goes with state ready only: a version is announced when engines serve it");
        }
        send(call, queue.announce(new Announcement(body.lineage(), body.state(), body.weightVersion())));
    }

    /** How the weights stand. */
    record PolicyView(
            Lineage lineage,
            @Described("as the trainer calls it") WeightVersion weightVersion,

            @Described("what the run's own number is above that")
            long versionOffset,

            Policy.State state,

            @Described("groups trained when the version became ready")
            long trainedGroups,

            @Described("wall clock when the state began") long sinceMs,
            @Described("for people") List<String> warnings) {}

    private static void send(Call call, PolicyAnswer answer) {
        Policy policy = answer.policy();
        call.send(
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
