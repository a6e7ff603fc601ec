package io.millrace.sandbox.demo;

import io.millrace.common.json.Json;
import io.millrace.ops.cluster.WorkerStatuses;
import io.millrace.sandbox.demo.screen.DemoState;
import io.millrace.sandbox.trainer.TrainedStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * What the processes said when they were last asked.
 *
 * @param producer its {@code /status}; an empty object before its first answer, as the next two
 * @param trainer the trainer consumer's {@code /v1/status}
 * @param engine the engine's ledger over the last seconds
 * @param workers the newest status of every worker incarnation of this demo
 * @param workerHealth the answer of {@code /health/ready} by worker id
 * @param workerStatus the answer of {@code /status} by worker id: what it holds now, where the topic has what it held up to
 *     two seconds ago
 * @param steps what the simulated trainer has recorded
 * @param nowMs wall clock
 */
record Observation(
        JsonNode producer,
        JsonNode trainer,
        JsonNode engine,
        List<WorkerStatuses.Seen> workers,
        Map<String, JsonNode> workerHealth,
        Map<String, JsonNode> workerStatus,
        List<TrainedStep> steps,
        long nowMs) {
    Observation {
        workers = List.copyOf(workers);
        workerHealth = Map.copyOf(workerHealth);
        workerStatus = Map.copyOf(workerStatus);
        steps = List.copyOf(steps);
    }

    /** The same with this for the engine's ledger. */
    Observation with(JsonNode ledger) {
        return new Observation(producer, trainer, ledger, workers, workerHealth, workerStatus, steps, nowMs);
    }

    static Observation none(long nowMs) {
        return new Observation(
                Json.object(), Json.object(), Json.object(), List.of(), Map.of(), Map.of(), List.of(), nowMs);
    }

    /**
     * As the screen shows it.
     *
     * @param elapsedMs since the demo began
     */
    DemoState state(DemoSettings settings, String phase, long elapsedMs, String logs) {
        List<DemoState.Step> rows = steps.stream()
                .map(step -> new DemoState.Step(
                        step.step(), step.waitSeconds(), step.batch().rewardMean()))
                .toList();
        long slots =
                liveWorkers().stream().mapToLong(seen -> seen.status().slots()).sum();
        DemoState.Flow flow = new DemoState.Flow(
                engine.path("samples_per_second").asDouble(0),
                engine.path("tokens_per_second").asDouble(0),
                engine.path("running").asLong(0),
                slots,
                slots == 0 ? 0 : engine.path("occupancy").asDouble(0));
        List<DemoState.Worker> shown = workers.stream().map(this::row).toList();
        // The ledger learns of a claim from statuses and offsets, seconds later: groups that take less are never in
        // flight
        // there. Workers say what they hold.
        long held = shown.stream().mapToLong(DemoState.Worker::groupsHeld).sum();
        DemoState.Groups groups = new DemoState.Groups(
                Math.max(0, number(producer, "queued") + number(producer, "in_flight") - held),
                held,
                number(producer, "finished"),
                number(trainer, "trained"),
                number(trainer, "discarded"),
                number(trainer, "abandoned"));
        return new DemoState(
                settings.run().run().value(),
                phase,
                elapsedMs,
                settings.steps(),
                rows,
                groups,
                flow,
                shown,
                waiting(),
                logs);
    }

    List<WorkerStatuses.Seen> liveWorkers() {
        return workers.stream().filter(seen -> seen.live(nowMs)).toList();
    }

    static long number(JsonNode status, String name) {
        return status.path(name).asLong(0);
    }

    private DemoState.Worker row(WorkerStatuses.Seen seen) {
        var status = seen.status();
        String word = status.state().name().toLowerCase(Locale.ROOT);
        boolean live = seen.live(nowMs);
        // Another process of the same name may answer there; of this demo's own there is one.
        JsonNode now = live ? workerStatus.get(status.worker().workerId()) : null;
        String state = live || word.equals("stopped") ? word : "gone";
        return new DemoState.Worker(
                status.worker().workerId(),
                state,
                status.slots(),
                now != null ? now.path("slots_in_use").asInt(0) : live ? status.slotsInUse() : 0,
                now != null ? now.path("groups").size() : live ? status.groups().size() : 0,
                status.groupsFinished(),
                status.samplesFinished());
    }

    private List<DemoState.Waiting> waiting() {
        List<DemoState.Waiting> waiting = new ArrayList<>();
        addWaiting(waiting, "producer", producer);
        addWaiting(waiting, "trainer", trainer);
        workerHealth.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(worker -> {
            for (Map.Entry<String, JsonNode> part :
                    worker.getValue().path("parts").properties()) {
                JsonNode value = part.getValue();
                String state = value.path("state").asString("");
                if (state.equals("waiting") || state.equals("blocked")) {
                    waiting.add(new DemoState.Waiting(
                            worker.getKey() + " " + part.getKey(),
                            value.path("detail").asString(""),
                            Math.max(0, nowMs - value.path("since_ms").asLong(nowMs))));
                }
            }
        });
        return waiting;
    }

    private void addWaiting(List<DemoState.Waiting> waiting, String process, JsonNode status) {
        JsonNode whatFor = status.path("waiting_for");
        if (whatFor.isMissingNode() || whatFor.isNull() || whatFor.asString("?").isBlank()) {
            return;
        }
        String words = whatFor.isString() ? whatFor.stringValue() : whatFor.toString();
        long forMs = Math.max(0, nowMs - status.path("waiting_since_ms").asLong(nowMs));
        waiting.add(new DemoState.Waiting(process, words, forMs));
    }
}
