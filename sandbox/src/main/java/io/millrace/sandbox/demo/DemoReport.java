package io.millrace.sandbox.demo;

import io.millrace.common.json.Json;
import io.millrace.common.units.Durations;
import io.millrace.ops.cluster.WorkerStatuses;
import io.millrace.ops.screen.Glyphs;
import io.millrace.sandbox.trainer.TrainedStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The demo's report, put together from what each process counted itself. Pure.
 *
 * @param window the engine's ledger over the measured window
 * @param whole the engine's ledger over the whole demo
 * @param slotsTotal slots of all workers, mean over the window
 */
record DemoReport(
        DemoSettings settings, Observation end, JsonNode window, JsonNode whole, long slotsTotal, double wallSeconds) {
    private long producer(String name) {
        return Observation.number(end.producer(), name);
    }

    private long trainer(String name) {
        return Observation.number(end.trainer(), name);
    }

    /** Groups the producer has published. */
    long published() {
        return producer("published");
    }

    long trained() {
        return trainer("trained");
    }

    /** Groups published and not settled: queued, in a worker's hands, failed, or finished and waiting for a step. */
    long inFlightAtEnd() {
        return producer("queued") + producer("in_flight") + producer("finished") + producer("failed");
    }

    long settled() {
        return trained() + trainer("discarded") + trainer("abandoned");
    }

    /** Whether producer and trainer consumer, who count on their own, agree on every group. */
    boolean accountsAgree() {
        return published() == settled() + inFlightAtEnd();
    }

    /** Whether each part has told of the end: workers say every few seconds what they have finished. */
    boolean isComplete() {
        long finished =
                groupsPerWorker().values().stream().mapToLong(Long::longValue).sum();
        return accountsAgree() && finished >= trained();
    }

    long weightUpdates() {
        return end.steps().stream()
                .filter(step -> step.newWeightVersion() != null)
                .count();
    }

    boolean batchesGood() {
        return end.steps().stream().allMatch(step -> step.batch().good());
    }

    ObjectNode json() {
        ObjectNode json = Json.object();
        List<TrainedStep> steps = end.steps();
        json.put("steps", steps.size());
        json.put("groups_published", published());
        json.put("groups_trained", trained());
        json.put("groups_discarded", trainer("discarded"));
        json.put("groups_abandoned", trainer("abandoned"));
        json.put(
                "duplicates_trained",
                steps.stream().mapToLong(step -> step.batch().duplicates()).sum());
        json.put("duplicates_dropped", trainer("duplicates_dropped"));
        json.put("in_flight_at_end", inFlightAtEnd());
        json.put("slot_occupancy", window.path("occupancy").asDouble(0));
        json.putPOJO(
                "step_wait_seconds",
                steps.stream().map(TrainedStep::waitSeconds).toList());
        json.put("samples_per_second", window.path("samples_per_second").asDouble(0));
        json.put("tokens_per_second", window.path("tokens_per_second").asDouble(0));
        json.putPOJO(
                "reward_mean",
                steps.stream().map(step -> step.batch().rewardMean()).toList());
        json.putPOJO(
                "weight_version", steps.stream().map(TrainedStep::weightVersion).toList());
        json.put("weight_updates", weightUpdates());
        json.put("learned", settings.learn());
        json.put("batches_sorted", steps.stream().allMatch(step -> step.batch().sorted()));
        json.put("batches_whole", steps.stream().allMatch(step -> step.batch().whole()));
        json.putPOJO("groups_per_worker", groupsPerWorker());
        json.put("wall_seconds", wallSeconds);
        json.put("window_seconds", window.path("window_seconds").asDouble(0));
        json.put("slots_total", slotsTotal);
        json.put("engine_requests", whole.path("requests").asLong(0));
        json.put("engine_duplicates", whole.path("duplicates").asLong(0));
        ArrayNode problems = json.putArray("batch_problems");
        steps.forEach(step ->
                step.batch().problems().forEach(problem -> problems.add("step " + step.step() + ": " + problem)));
        json.set("workload", workload());
        return json;
    }

    private ObjectNode workload() {
        ObjectNode workload = Json.object();
        workload.put("run", settings.run().run().value());
        workload.put("workers", settings.run().workers());
        workload.put("slots_per_worker", settings.cluster().slots());
        workload.put("batch_groups", settings.cluster().step().batchGroups());
        workload.put("samples_per_group", settings.cluster().step().samplesPerGroup());
        workload.put("pipeline_depth", settings.run().pipelineDepth());
        workload.put("train_time", Durations.format(settings.cluster().step().trainTime()));
        workload.put("latency", "w1");
        workload.put("mean_group_time", Durations.format(settings.run().meanGroupTime()));
        workload.put("engine_seed", settings.engineSeed());
        workload.put("right_share", settings.rightShare());
        workload.put("dataset", settings.cluster().dataset().toString());
        return workload;
    }

    /** Groups finished by worker id, over all of its incarnations in this demo. */
    private Map<String, Long> groupsPerWorker() {
        Map<String, Long> groups = new TreeMap<>();
        for (WorkerStatuses.Seen seen : end.workers()) {
            groups.merge(seen.status().worker().workerId(), seen.status().groupsFinished(), Long::sum);
        }
        return groups;
    }

    /** What is told at the end. */
    List<String> summary() {
        List<String> lines = new ArrayList<>();
        double wait = end.steps().stream()
                .mapToDouble(TrainedStep::waitSeconds)
                .average()
                .orElse(0);
        lines.add(String.format(
                Locale.ROOT,
                "%d steps in %.1f s: %d groups published, %d trained, %d discarded, %d abandoned, %d still under way",
                end.steps().size(),
                wallSeconds,
                published(),
                trained(),
                trainer("discarded"),
                trainer("abandoned"),
                inFlightAtEnd()));
        lines.add(String.format(
                Locale.ROOT,
                "slots %.1f %% busy (%d slots, over %.1f s), %.0f samples/s, %.0f tokens/s, mean wait"
                        + " %.2f s a step",
                100 * window.path("occupancy").asDouble(0),
                slotsTotal,
                window.path("window_seconds").asDouble(0),
                window.path("samples_per_second").asDouble(0),
                window.path("tokens_per_second").asDouble(0),
                wait));
        lines.add("groups per worker: " + groupsPerWorker());
        if (settings.learn() && !end.steps().isEmpty()) {
            double[] rewards = end.steps().stream()
                    .mapToDouble(step -> step.batch().rewardMean())
                    .toArray();
            lines.add(String.format(
                    Locale.ROOT,
                    "reward %s from %.3f to %.3f over %d weight updates",
                    Glyphs.of(System.out.charset()).spark(rewards),
                    rewards[0],
                    rewards[rewards.length - 1],
                    weightUpdates()));
        }
        if (batchesGood()) {
            lines.add("every batch had " + settings.cluster().step().batchGroups() + " whole groups of "
                    + settings.cluster().step().samplesPerGroup()
                    + " samples, ascending by index, none of them seen before");
        } else {
            long bad = end.steps().stream().filter(step -> !step.batch().good()).count();
            lines.add(bad + " of " + end.steps().size() + " batches were bad; the report says what was wrong");
        }
        if (!accountsAgree()) {
            lines.add("the accounts do not agree: " + published() + " published, but " + settled() + " settled and "
                    + inFlightAtEnd() + " under way");
        }
        return lines;
    }
}
