package io.millrace.sandbox.chaos;

import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.chaos.fleet.Fleet;
import io.millrace.sandbox.chaos.spec.ChaosPorts;
import io.millrace.sandbox.chaos.spec.ChaosSettings;
import io.millrace.sandbox.chaos.spec.Role;
import io.millrace.sandbox.cluster.ClusterSpec;
import io.millrace.sandbox.cluster.StatusProbe;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import tools.jackson.databind.JsonNode;

/**
 * The end of a chaos run: the producer is started again with an end, a few steps ahead, until every group has one too.
 * What is then too little for another step is filled up, until nothing is left: at the end nothing waits, and nothing can
 * be forgotten among what does. By the run's thread.
 */
final class Drain {
    /** So long a drained run stays drained before it counts as one. */
    private static final Duration QUIET = Duration.ofSeconds(5);
    /** Steps that may be admitted between asking the producer and stopping it. */
    private static final long DRAIN_STEPS = 4;

    /** The run goes on while it is waited for. */
    @FunctionalInterface
    interface Waiter {
        /** @return whether the condition came to hold within the limit */
        boolean await(Callable<Boolean> condition, Duration limit) throws Exception;
    }

    private final int batchGroups;
    private final Duration limit;
    private final ChaosPorts ports;
    private final Fleet fleet;
    private final Waiter waiter;
    private final Ticker ticker;
    private final StatusProbe probe = new StatusProbe();

    Drain(ChaosSettings settings, Fleet fleet, Waiter waiter, Ticker ticker) {
        this.batchGroups = settings.cluster().step().batchGroups();
        this.limit = settings.drainLimit();
        this.ports = new ChaosPorts(settings.basePort());
        this.fleet = fleet;
        this.waiter = waiter;
        this.ticker = ticker;
    }

    /** @return what went wrong; empty when every group has its end */
    List<String> run() throws Exception {
        long groupsMax = (producer().path("published").asLong(0) / batchGroups + DRAIN_STEPS) * batchGroups;
        long untilNanos = ticker.nanos() + limit.toNanos();
        while (true) {
            ChaosRun.say("draining: " + groupsMax + " groups in all");
            fleet.limitGroups(groupsMax);
            fleet.terminate(fleet.member(Role.PRODUCER, 0));
            long until = groupsMax;
            Duration left = Duration.ofNanos(Math.max(0, untilNanos - ticker.nanos()));
            if (!waiter.await(() -> fleet.allReady() && drained(until), left)) {
                return List.of("not drained within " + limit.toSeconds() + " s; not ready: " + fleet.notReady()
                        + "; producer: " + producer() + "; trainer: " + trainer());
            }
            long rest = trainer().path("finished").asLong(0);
            if (rest > 0) {
                groupsMax += batchGroups - rest;
            } else if (!waiter.await(() -> !drained(until), QUIET)) {
                // The evaluation that the last step calls for is asked for a moment after its acknowledgement.
                return List.of();
            }
        }
    }

    private boolean drained(long groupsMax) throws InterruptedException {
        JsonNode trainer = trainer();
        if (trainer.isEmpty() || producer().path("published").asLong(0) != groupsMax) {
            return false;
        }
        long finished = trainer.path("finished").asLong(Long.MAX_VALUE / 2);
        long settled = trainer.path("trained").asLong(0)
                + trainer.path("discarded").asLong(0)
                + trainer.path("abandoned").asLong(0);
        return finished < batchGroups
                && trainer.path("leased").asLong(1) == 0
                && trainer.path("evaluations").path("open").asLong(1) == 0
                && settled + finished == groupsMax;
    }

    /** Its status; empty when it does not answer. */
    private JsonNode producer() throws InterruptedException {
        return probe.json(ClusterSpec.url(ports.ops(Role.PRODUCER, 0)) + "/status")
                .orElse(Json.object());
    }

    private JsonNode trainer() throws InterruptedException {
        return probe.json(ClusterSpec.url(ports.trainer()) + "/v1/status").orElse(Json.object());
    }
}
