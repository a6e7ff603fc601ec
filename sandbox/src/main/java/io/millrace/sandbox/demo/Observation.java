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
 * @param steps what the simulated trainer has recorded
 * @param nowMs wall clock
 */
record Observation(
        JsonNode producer,
        JsonNode trainer,
        JsonNode engine,
        List<WorkerStatuses.Seen> workers,
        Map<String, JsonNode> workerHealth,
        List<TrainedStep> steps,
        long nowMs) {
    Observation {
        workers = List.copyOf(workers);
        workerHealth = Map.copyOf(workerHealth);
        steps = List.copyOf(steps);
    }

    /** The same with this for the engine's ledger. */
    Observation with(JsonNode ledger) {
        return new Observation(producer, trainer, ledger, workers, workerHealth, steps, nowMs);
    }

    static Observation none(long nowMs) {
        return new Observation(Json.object(), Json.object(), Json.object(), List.of(), Map.of(), List.of(), nowMs);
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
        DemoState.Groups groups = new DemoState.Groups(
                number(producer, "queued"),
                number(producer, "in_flight"),
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
                workers.stream().map(this::row).toList(),
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
        String state = live || word.equals("stopped") ? word : "gone";
        return new DemoState.Worker(
                status.worker().workerId(),
                state,
                status.slots(),
                live ? status.slotsInUse() : 0,
                live ? status.groups().size() : 0,
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
