package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.testing.Await;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.sandbox.engine.EngineServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        // Small records, so that partial groups come in parts too.
        run = new WorkerRun(Map.of("record-size-max", "64KiB"));
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    /** 15 ms a token, so that there is something to keep at any moment. */
    private EngineServer engine() {
        return run.engine(Map.of("latency", "tokens", "token-time", "15ms", "filler-median", "50"));
    }

    private List<TrainingTask> publish(String begin) {
        TrainingTask[] tasks = new TrainingTask[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            tasks[i] = WorkerRun.task(i, SAMPLES, begin + "What is " + i + " + 1?", "" + (i + 1), BUDGET);
        }
        run.publish(tasks);
        return List.of(tasks);
    }

    /** Lets a worker generate for a while, then stops it; every receipt so far. */
    private List<Receipt> generateAndStop(WorkerRun.Worker worker, EngineServer engine, int requests) throws Exception {
        Await.until(requests + " requests", () -> run.requests(engine).size() >= requests, WorkerRun.LIMIT);
        // The engine's own time: what is aborted has had some of it.
        Thread.sleep(300);
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

    /** By sample, whatever its attempt: tokens that engines generated for it. */
    private Map<String, Long> generated(EngineServer... engines) throws Exception {
        Map<String, Long> tokens = new HashMap<>();
        for (EngineServer engine : engines) {
            for (WorkerRun.Request request : run.requests(engine)) {
                tokens.merge(
                        request.rid().replaceAll("\\.a\\d+\\.", ".").replaceAll("\\.t\\d+$", ""),
                        request.outputTokens(),
                        Long::sum);
            }
        }
        return tokens;
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

    private void assertEveryTokenIsInASample(List<RolloutGroup> groups, Map<String, Long> generated) {
        long tokens = 0;
        for (RolloutGroup group : groups) {
            for (int i = 0; i < SAMPLES; i++) {
                SampleHeader sample = group.header().samples().get(i);
                String name = run.run + ".g" + group.header().groupIndex() + ".s" + i;
                assertEquals(generated.get(name), (long) sample.responseLength(), name);
                assertEquals(sample.responseLength() == BUDGET, sample.status() == SampleStatus.TRUNCATED, name);
                assertTrue(sample.promptLength() > 0, name);
                tokens += sample.responseLength();
            }
        }
        log.info("{} tokens generated, {} published", sum(generated), tokens);
        assertEquals(sum(generated), tokens);
    }

    private static long sum(Map<String, Long> tokens) {
        return tokens.values().stream().mapToLong(Long::longValue).sum();
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

    @Test
    void successorsGoOnWithEverySampleAndNoTokenIsGeneratedTwice() throws Exception {
        EngineServer engine = engine();
        WorkerRun.Worker first = run.worker(STOPS_AT_ONCE, engine.url());
        List<TrainingTask> tasks = publish(LONG);
        List<Receipt> receipts = generateAndStop(first, engine, SLOTS);
        Map<Long, PartialRef> partials = partials(receipts);
        assertTrue(kept(partials).size() > 1, partials::toString);
        assertTrue(kept(partials).stream().anyMatch(ref -> ref.offsets().size() > 1), "none came in parts");
        long tokens =
                kept(partials).stream().mapToLong(PartialRef::responseTokens).sum();
        log.info("first: {} of {} tokens stand in {} partial groups", tokens, sum(generated(engine)), kept(partials));

        // The second stops in the middle too, and hands on what both have generated.
        int requests = run.requests(engine).size();
        List<TrainingTask> again = issueAgain(tasks, receipts);
        WorkerRun.Worker second = run.worker(STOPS_AT_ONCE, engine.url());
        Await.until(
                "groups continued",
                () -> partials(second, "continued") == kept(partials).size(),
                WorkerRun.LIMIT);
        List<Receipt> more = generateAndStop(second, engine, requests + SAMPLES);
        issueAgain(again, more.subList(receipts.size(), more.size()));
        WorkerRun.Worker third = run.worker(STOPS_AT_ONCE, engine.url());
        awaitEveryGroup();
        assertEveryTokenIsInASample(results(run.receipts()), generated(engine));
        assertTrue(
                results(run.receipts()).stream()
                        .anyMatch(group -> group.header().attempt().value() > 1),
                "none of the groups given back was gone on with");
        assertEquals(0, partials(third, "lost"));
    }

    @Test
    void whatAKilledSuccessorLeavesIsGoneOnWithFromTheSamePlace() throws Exception {
        EngineServer engine = engine();
        List<TrainingTask> tasks = publish("");
        List<Receipt> receipts = generateAndStop(run.worker(STOPS_AT_ONCE, engine.url()), engine, SLOTS);
        long unpublished = sum(generated(engine)) - published();
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
        assertEquals(published() - kept, sum(generated(engine)), "both attempts went on from there");
    }

    @Test
    void whatCannotBeReadAnyMoreIsBegunAnewAndCounted() throws Exception {
        EngineServer engine = engine();
        List<TrainingTask> tasks = publish("");
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
        publish("");
        WorkerRun.Worker worker = run.worker(
                Map.of("slots", "" + SLOTS, "stop-mode", "hand-back", "keep-partials", "false"), engine.url());
        List<Receipt> receipts = generateAndStop(worker, engine, SLOTS);
        assertEquals(List.of(), kept(partials(receipts)));
        assertTrue(receipts.stream().anyMatch(receipt -> receipt.outcome() instanceof Receipt.HandedBack));
    }
}
