package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.testing.Await;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.sandbox.engine.EngineServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** Workers that are told to stop in the middle of generating, and those that go on with what they leave. */
class PartialHandBackTest {
    private static final Logger log = LoggerFactory.getLogger(PartialHandBackTest.class);
    private static final int GROUPS = 4;
    private static final int SAMPLES = 4;
    private static final int BUDGET = 100;

    /** Its tokens, with every sample, make a group larger than a record may be. */
    private static final String LONG = "Think well. ".repeat(2_000);

    /** No whole number of groups, so that one is half begun. */
    private static final int SLOTS = 10;

    private static final Map<String, String> STOPS_AT_ONCE = Map.of("slots", "" + SLOTS, "stop-mode", "hand-back");

    /** 15 ms a token, so that there is something to keep at any moment. */
    private static final Map<String, String> TOKENS =
            Map.of("latency", "tokens", "token-time", "15ms", "filler-median", "50");

    @TempDir
    Path folder;

    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    private EngineServer engine() {
        return run.engine(TOKENS);
    }

    private List<TrainingTask> publish() {
        TrainingTask[] tasks = new TrainingTask[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            tasks[i] = WorkerRun.task(i, SAMPLES, "What is " + i + " + 1?", "" + (i + 1), BUDGET);
        }
        run.publish(tasks);
        return List.of(tasks);
    }

    /** Lets a worker generate for a while, then stops it; every receipt so far. */
    private List<Receipt> generateAndStop(WorkerRun.Worker worker, EngineServer engine, int requests) throws Exception {
        Await.until(requests + " requests", () -> run.requests(engine).size() >= requests, WorkerRun.LIMIT);
        // What is aborted has some tokens.
        Aside.generate(engine, 20);
        worker.stop();
        return run.receipts();
    }

    /** The partial group of each group that was given back by the newest receipts. */
    private static Map<Long, PartialRef> partials(List<Receipt> receipts) {
        Map<Long, PartialRef> partials = new HashMap<>();
        receipts.forEach(receipt -> {
            if (receipt.outcome() instanceof Receipt.HandedBack back) {
                partials.put(receipt.groupIndex().value(), back.partial());
            }
        });
        return partials;
    }

    /** Issues the groups again as the ledger does, what was given back with what there is of it. */
    private List<TrainingTask> issueAgain(List<TrainingTask> tasks, List<Receipt> receipts) {
        Map<Long, PartialRef> partials = partials(receipts);
        List<TrainingTask> again = new ArrayList<>();
        for (TrainingTask task : tasks) {
            long index = task.groupIndex().value();
            if (partials.containsKey(index)) {
                again.add(task.again(task.attempt().next(), task.lineage(), task.issueVersion(), 0, task.history())
                        .from(partials.get(index)));
            }
        }
        run.publishUrgent(again);
        return again;
    }

    /** Response tokens that the engine has generated, over all its requests. */
    private static long generated(List<JsonNode> ledger) {
        return ledger.stream()
                .mapToLong(row -> row.path("completion_tokens").asLong())
                .sum();
    }

    private List<RolloutGroup> results(List<Receipt> receipts) {
        List<RolloutGroup> groups = new ArrayList<>();
        for (Receipt receipt : receipts) {
            if (receipt.outcome() instanceof Receipt.Success success) {
                try {
                    groups.add(RolloutGroupCodec.decode(run.blob(success)));
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        }
        return groups;
    }

    private double partials(WorkerRun.Worker worker, String fate) throws Exception {
        return worker.metric("millrace_worker_partials_total{fate=\"" + fate + "\",run=\"" + run.run + "\"}");
    }

    private static List<PartialRef> kept(Map<Long, PartialRef> partials) {
        return partials.values().stream().filter(Objects::nonNull).toList();
    }

    /** Response tokens of every result. */
    private long published() throws Exception {
        return results(run.receipts()).stream()
                .flatMap(group -> group.header().samples().stream())
                .mapToLong(SampleHeader::responseLength)
                .sum();
    }

    private void awaitEveryGroup() throws Exception {
        Await.until("every group", () -> results(run.receipts()).size() == GROUPS, WorkerRun.LIMIT);
    }

    /** All of a run as it is: the ledger issues again what is given back. */
    @Test
    void successorsGoOnWithEverySampleAndNoTokenIsGeneratedTwice() throws Exception {
        WholeRun whole = new WholeRun(
                Map.of("batch-groups", "" + GROUPS, "samples-per-group", "" + SAMPLES, "record-size-max", "64KiB"));
        try {
            EngineServer engine = whole.engine(TOKENS);
            whole.producer(Map.of(
                    "dataset",
                    ProducerRun.dataSet(folder, LONG, GROUPS).toString(),
                    "groups-max",
                    "" + GROUPS,
                    "max-new-tokens",
                    "" + BUDGET,
                    "reward-type",
                    "random"));
            Map<String, String> flags = new HashMap<>(STOPS_AT_ONCE);
            flags.put("record-size-max", "64KiB");
            // Two workers are stopped in the middle, the second with what both have generated.
            for (int requests : List.of(SLOTS, SLOTS + SAMPLES)) {
                WholeRun.Part stopped = whole.worker(engine, flags);
                Await.until(requests + " requests", () -> whole.ledger(engine).size() >= requests, WorkerRun.LIMIT);
                // What is aborted has some tokens.
                Aside.generate(engine, 20);
                stopped.stop();
            }
            List<ConsumerRecord<byte[], byte[]>> partials = whole.records(whole.topics.partials());
            assertTrue(
                    partials.stream().anyMatch(record -> record.headers().lastHeader(ResultHeaders.PART) != null),
                    "no partial group was larger than a record");
            whole.worker(engine, flags);
            TrainerProcess trainer = whole.trainer(Map.of());
            JsonNode batch = WholeRun.train(trainer);
            long trained = 0;
            for (JsonNode group : batch.path("groups")) {
                for (JsonNode sample : group) {
                    trained += sample.path("response_length").asLong();
                }
            }
            long generated = generated(whole.ledger(engine));
            log.info("{} tokens generated, {} trained, {} partial records", generated, trained, partials.size());
            assertEquals(generated, trained);
        } finally {
            whole.close();
        }
    }

    @Test
    void whatAKilledSuccessorLeavesIsGoneOnWithFromTheSamePlace() throws Exception {
        EngineServer engine = engine();
        List<TrainingTask> tasks = publish();
        List<Receipt> receipts = generateAndStop(run.worker(STOPS_AT_ONCE, engine.url()), engine, SLOTS);
        long unpublished = generated(run.ledger(engine)) - published();
        // A worker that is killed leaves no receipt: the next attempt begins where the lost one did.
        List<TrainingTask> lost = issueAgain(tasks, receipts);
        run.publishUrgent(lost.stream()
                .map(task -> task.again(task.attempt().next(), task.lineage(), task.issueVersion(), 0, task.history()))
                .toList());
        run.worker(STOPS_AT_ONCE, engine.url());
        Await.until(
                "two results of each group that was begun",
                () -> results(run.receipts()).size() == GROUPS + lost.size(),
                WorkerRun.LIMIT);
        long kept = kept(partials(receipts)).stream()
                .mapToLong(PartialRef::responseTokens)
                .sum();
        assertEquals(unpublished, kept, "what the first worker generated and did not publish stands in partial groups");
        assertEquals(published() - kept, generated(run.ledger(engine)), "both attempts went on from there");
    }

    @Test
    void whatCannotBeReadAnyMoreIsBegunAnewAndCounted() throws Exception {
        EngineServer engine = engine();
        List<TrainingTask> tasks = publish();
        List<Receipt> receipts = generateAndStop(run.worker(STOPS_AT_ONCE, engine.url()), engine, SLOTS);
        List<PartialRef> kept = kept(partials(receipts));
        run.deleteBelow(
                run.topics.partials(),
                kept.stream().mapToLong(PartialRef::end).max().orElseThrow());
        issueAgain(tasks, receipts);
        WorkerRun.Worker second = run.worker(STOPS_AT_ONCE, engine.url());
        awaitEveryGroup();
        assertEquals(kept.size(), partials(second, "lost"));
    }

    @Test
    void withoutPartialsAGroupIsGivenBackWithNothing() throws Exception {
        EngineServer engine = engine();
        publish();
        WorkerRun.Worker worker = run.worker(
                Map.of("slots", "" + SLOTS, "stop-mode", "hand-back", "keep-partials", "false"), engine.url());
        List<Receipt> receipts = generateAndStop(worker, engine, SLOTS);
        assertEquals(List.of(), kept(partials(receipts)));
        assertTrue(receipts.stream().anyMatch(receipt -> receipt.outcome() instanceof Receipt.HandedBack));
    }
}
