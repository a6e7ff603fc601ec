package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.testing.Await;
import io.millrace.common.wire.PartJoiner;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.it.WorkerRun.Request;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Workers against a real broker and a stand-in engine; what counts is what stands on topics and in engine ledgers. */
class WorkerTest {
    private static final Pattern ANSWER = Pattern.compile("Answer: (-?\\d+)");

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

    private static Set<Long> indices(List<Receipt> receipts) {
        return receipts.stream().map(receipt -> receipt.groupIndex().value()).collect(Collectors.toSet());
    }

    private static Set<Long> upTo(int count) {
        return LongStream.range(0, count).boxed().collect(Collectors.toSet());
    }

    /** Every group has exactly one receipt, of a success. */
    private static void assertEachSucceededOnce(int count, List<Receipt> receipts) {
        assertEquals(count, receipts.size());
        assertEquals(upTo(count), indices(receipts));
        receipts.forEach(WorkerTest::success);
    }

    private static Receipt.Success success(Receipt receipt) {
        return assertInstanceOf(Receipt.Success.class, receipt.outcome(), () -> "of " + receipt);
    }

    private ConsumerRecord<byte[], byte[]> result(int partition, long offset) {
        return Objects.requireNonNull(
                run.results.getOrDefault(partition, Map.of()).get(offset), "no result at " + partition + "@" + offset);
    }

    private RolloutGroup whole(Receipt receipt) throws BadRecordException {
        Receipt.Success success = success(receipt);
        assertEquals(1, success.offsets().size());
        ConsumerRecord<byte[], byte[]> record =
                result(success.partition(), success.offsets().getFirst());
        assertEquals(ResultHeaders.Type.GROUP, ResultHeaders.readType(record.headers()));
        assertEquals(receipt.groupIndex().toString(), new String(record.key(), StandardCharsets.US_ASCII));
        return RolloutGroupCodec.decode(record.value());
    }

    @Test
    void aGroupBecomesAResultThenAReceipt() throws Exception {
        String prompt = "What is 6 * 7?";
        Path answers = Files.writeString(
                folder.resolve("answers.jsonl"), "{\"prompt\": \"" + prompt + "\", \"label\": \"42\"}\n");
        EngineServer engine = run.engine(Map.of("answers", answers.toString()));
        run.post(engine, "/update_weight_version", Json.object().put("new_version", "3"));
        run.worker(Map.of("slots", "4", "worker-id", "w1"), engine.url());
        run.publish(WorkerRun.task(5, 8, prompt, "42", 512));

        Receipt receipt = run.awaitReceipts(1).getFirst();
        assertEquals(new GroupIndex(5), receipt.groupIndex());
        assertEquals(new Attempt(1), receipt.attempt());
        assertEquals("w1", receipt.worker().workerId());
        assertEquals(8, receipt.samples());
        RolloutGroup group = whole(receipt);
        assertEquals(run.run, group.header().run());
        assertEquals(receipt.worker(), group.header().worker());
        assertEquals("42", group.header().label());

        int[] promptIds = Json.MAPPER.convertValue(
                run.post(engine, "/tokenize", Json.object().put("prompt", prompt))
                        .path("tokens"),
                int[].class);
        List<SampleHeader> samples = group.header().samples();
        assertEquals(8, samples.size());
        int at = 0;
        for (int i = 0; i < 8; i++) {
            SampleHeader sample = samples.get(i);
            assertEquals(5 * 8 + i, sample.index());
            assertArrayEquals(promptIds, Arrays.copyOfRange(group.tokens(), at, at + sample.promptLength()));
            assertTrue(sample.responseLength() > 0);
            assertEquals(
                    sample.response(),
                    ToyTokenizer.decode(
                            Arrays.copyOfRange(group.tokens(), at + sample.promptLength(), at + sample.tokenCount()),
                            false));
            at += sample.tokenCount();
            assertEquals(SpanProvenance.SPANS, sample.provenance());
            sample.weightVersions().forEach(span -> assertEquals(new WeightVersion(3), span.version()));
            assertEquals(engine.url(), sample.engine());
            assertEquals(
                    "42".equals(lastAnswer(sample.response())) ? 1.0 : -1.0,
                    sample.reward().value());
        }
        assertEquals(at, group.tokens().length);
        assertEquals(receipt.promptTokens() + receipt.responseTokens(), group.tokens().length);
        assertEquals(8L * promptIds.length, receipt.promptTokens());
        assertEquals(receipt.responseTokens(), group.logProbs().length);
        for (int i = 0; i < group.logProbs().length; i++) {
            assertTrue(group.logProbs()[i] <= 0 && group.lossMask()[i] == 1);
        }

        double mean =
                samples.stream().mapToDouble(s -> s.reward().value()).average().orElseThrow();
        double variance = samples.stream()
                .mapToDouble(s -> Math.pow(s.reward().value() - mean, 2))
                .average()
                .orElseThrow();
        assertTrue(variance > 0, "the engine gives right and wrong answers");
        RewardStats stats = success(receipt).rewards();
        assertEquals(mean, stats.mean(), 1e-9);
        assertEquals(Math.sqrt(variance), stats.std(), 1e-9);
        assertEquals(stats, group.header().rewards());
    }

    private static String lastAnswer(String response) {
        String last = "";
        Matcher matcher = ANSWER.matcher(response);
        while (matcher.find()) {
            last = matcher.group(1);
        }
        return last;
    }

    @Test
    void slotsAreNeverExceededAndFullWhilePromptsWait() throws Exception {
        EngineServer engine = run.engine(Map.of("latency-median", "200ms", "latency-sigma", "0.5"));
        run.publish(30, 4);
        run.worker(Map.of("slots", "8", "prefetch", "4"), engine.url());
        assertEachSucceededOnce(30, run.awaitReceipts(30));

        JsonNode summary = run.summary(engine, "");
        assertEquals(8, summary.path("peak_running").longValue());
        assertEquals(120, summary.path("requests").longValue());
        assertEquals(0, summary.path("duplicates").longValue());
        // Prompts wait until the last request has come in; the first moments go into claiming.
        List<Request> requests = run.requests(engine);
        double from = requests.stream().mapToDouble(Request::arrivalMs).min().orElseThrow() + 300;
        double to = requests.stream().mapToDouble(Request::arrivalMs).max().orElseThrow();
        double occupancy = run.summary(engine, "?slots=8&from_ms=" + plain(from) + "&to_ms=" + plain(to))
                .path("occupancy")
                .doubleValue();
        // Requests to this JVM's engine take their share of a busy machine; the benchmark measures it in quiet.
        assertTrue(occupancy > 0.7, "slots were busy for only " + occupancy);
    }

    private static String plain(double millis) {
        return Long.toString(Math.round(millis));
    }

    @Test
    void twoWorkersOnOneEngineStayWithinTheSumOfTheirSlots() throws Exception {
        EngineServer engine = run.engine(Map.of("latency-median", "100ms"));
        run.worker(Map.of("slots", "4", "worker-id", "a"), engine.url());
        run.worker(Map.of("slots", "6", "worker-id", "b"), engine.url());
        run.publish(40, 3);
        List<Receipt> receipts = run.awaitReceipts(40);
        assertEachSucceededOnce(40, receipts);
        assertEquals(
                Set.of("a", "b"),
                receipts.stream().map(receipt -> receipt.worker().workerId()).collect(Collectors.toSet()));
        JsonNode summary = run.summary(engine, "");
        assertTrue(summary.path("peak_running").longValue() <= 10, summary.toString());
        assertTrue(summary.path("peak_running").longValue() > 6, summary.toString());
        assertEquals(120, summary.path("requests").longValue());
    }

    @Test
    void aStoppedWorkerFinishesWhatItClaimed() throws Exception {
        EngineServer engine = run.engine(Map.of("latency-median", "300ms"));
        run.publish(24, 2);
        WorkerRun.Worker first =
                run.worker(Map.of("slots", "4", "worker-id", "first", "status-interval", "100ms"), engine.url());
        run.awaitReceipts(3);
        assertFalse(first.status().path("groups").isEmpty());
        first.stop();

        List<Receipt> finished = run.receipts();
        assertTrue(finished.size() < 24, "stopped in the midst of the work");
        Set<Long> claimed = new HashSet<>();
        run.requests(engine).forEach(request -> claimed.add(request.group()));
        run.statuses.forEach(status ->
                status.groups().forEach(group -> claimed.add(group.groupIndex().value())));
        assertEquals(claimed, indices(finished));
        WorkersRecord.Status last = run.statuses.getLast();
        assertEquals(WorkersRecord.State.STOPPED, last.state());
        assertEquals(List.of(), last.groups());
        assertEquals(0, last.slotsInUse());
        assertEquals(finished.size(), last.groupsFinished());

        run.worker(Map.of("slots", "16", "worker-id", "second"), engine.url());
        List<Receipt> all = run.awaitReceipts(24);
        assertEachSucceededOnce(24, all);
        assertEquals(48, run.summary(engine, "").path("requests").longValue());
    }

    @Test
    void whatTheEngineRefusesFailsAtOnceWithItsReason() throws Exception {
        EngineServer engine = run.engine(Map.of("context-length", "1024"));
        WorkerRun.Worker worker = run.worker(Map.of("slots", "6"), engine.url());
        run.publish(
                WorkerRun.task(0, 4),
                WorkerRun.task(1, 4, "x".repeat(2_000), null, 256),
                WorkerRun.task(2, 4),
                WorkerRun.task(3, 4));
        List<Receipt> receipts = run.awaitReceipts(4);
        for (Receipt receipt : receipts) {
            if (receipt.groupIndex().value() == 1) {
                Receipt.Failure failure = assertInstanceOf(Receipt.Failure.class, receipt.outcome());
                assertEquals("engine-refused", failure.kind());
                assertTrue(failure.message().contains("longer than the model's context length"), failure.message());
            } else {
                success(receipt);
            }
        }
        assertEquals(upTo(4), indices(receipts));
        List<Request> refused = run.requests(engine).stream()
                .filter(request -> request.group() == 1)
                .toList();
        assertTrue(!refused.isEmpty() && refused.size() <= 4, refused.toString());
        refused.forEach(request ->
                assertTrue(request.rid().endsWith(".t1") && "rejected".equals(request.outcome()), request.toString()));
        Await.until(
                "every slot free",
                () -> worker.status().path("slots_in_use").longValue() == 0
                        && worker.status().path("groups").isEmpty(),
                WorkerRun.LIMIT);
        assertEquals(
                1,
                worker.metric(
                        "millrace_worker_attempts_failed_total{kind=\"engine-refused\",run=\"" + run.run + "\"}"));
    }

    @Test
    void anEngineThatIsDownIsLeftForTheOther() throws Exception {
        EngineServer engine = run.engine(Map.of());
        String down;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            down = "http://127.0.0.1:" + unused.getLocalPort();
        }
        run.worker(Map.of("slots", "8", "retry-delay", "10ms", "status-interval", "100ms"), down, engine.url());
        run.publish(20, 3);
        List<Receipt> receipts = run.awaitReceipts(20);
        assertEachSucceededOnce(20, receipts);
        for (Receipt receipt : receipts) {
            whole(receipt).header().samples().forEach(sample -> assertEquals(engine.url(), sample.engine()));
        }
        assertTrue(
                run.statuses.stream()
                        .flatMap(status -> status.engines().stream())
                        .anyMatch(seen -> seen.address().equals(down) && !seen.healthy()),
                "no status says that an engine is down");
    }

    @Test
    void aFullEngineIsAskedAgain() throws Exception {
        EngineServer engine = run.engine(Map.of("max-running", "2", "max-queued", "0"));
        WorkerRun.Worker worker = run.worker(
                Map.of("slots", "8", "request-attempts", "500", "retry-delay", "10ms", "retry-delay-max", "40ms"),
                engine.url());
        run.publish(10, 4);
        assertEachSucceededOnce(10, run.awaitReceipts(10));
        JsonNode summary = run.summary(engine, "");
        assertEquals(2, summary.path("peak_running").longValue());
        assertEquals(40, summary.path("completed").longValue());
        assertTrue(summary.path("rejected").longValue() > 0, summary.toString());
        assertEquals(
                summary.path("rejected").doubleValue(),
                worker.metric(
                        "millrace_worker_engine_failures_total{kind=\"engine-overloaded\",run=\"" + run.run + "\"}"));
    }

    @Test
    void garbageOnThePromptsTopicIsPassedOver() throws Exception {
        EngineServer engine = run.engine(Map.of());
        WorkerRun.Worker worker = run.worker(Map.of("slots", "4"), engine.url());
        List<byte @Nullable []> values = new ArrayList<>();
        values.add(ControlCodec.encode(WorkerRun.task(0, 2)));
        values.add(new byte[] {1, 2, 3});
        values.add(null);
        values.add(ControlCodec.encode(WorkerRun.task(1, 2)));
        values.add("{\"v\":1}".getBytes(StandardCharsets.UTF_8));
        values.add(ControlCodec.encode(WorkerRun.task(2, 2)));
        run.publishValues(values);
        assertEachSucceededOnce(3, run.awaitReceipts(3));
        assertEquals(3, worker.metric("millrace_worker_tasks_bad_total{run=\"" + run.run + "\"}"));
        // Passed over for good: a worker that comes later is not given it again.
        worker.stop();
        WorkerRun.Worker next = run.worker(Map.of("slots", "4"), engine.url());
        run.publish(WorkerRun.task(3, 2));
        assertEachSucceededOnce(4, run.awaitReceipts(4));
        assertEquals(0, next.metric("millrace_worker_tasks_bad_total{run=\"" + run.run + "\"}"));
    }

    @Test
    void aGroupAboveTheRecordLimitTravelsInParts() throws Exception {
        run.close();
        run = new WorkerRun(Map.of("record-size-max", "64KiB"));
        EngineServer engine = run.engine(Map.of("filler-median", "4000", "filler-sigma", "0"));
        run.worker(Map.of("slots", "4"), engine.url());
        TrainingTask task = WorkerRun.task(7, 4, "Tell me a long story.", null, 8_192);
        run.publish(task);
        Receipt receipt = run.awaitReceipts(1).getFirst();
        Receipt.Success success = success(receipt);
        assertTrue(success.offsets().size() > 1, success.toString());

        PartJoiner joiner = new PartJoiner(1, 1 << 20);
        List<PartJoiner.Outcome> outcomes = new ArrayList<>();
        for (long offset : success.offsets()) {
            ConsumerRecord<byte[], byte[]> record = result(success.partition(), offset);
            assertEquals(ResultHeaders.Type.PART, ResultHeaders.readType(record.headers()));
            assertTrue(record.value().length <= 64 << 10);
            outcomes.add(joiner.add(ResultHeaders.readPart(record.headers(), task.groupIndex(), record.value()), offset)
                    .outcome());
        }
        PartJoiner.Joined joined = assertInstanceOf(PartJoiner.Joined.class, outcomes.getLast());
        assertEquals(success.offsets(), joined.offsets());
        RolloutGroup group = RolloutGroupCodec.decode(joined.blob());
        assertEquals(task.groupIndex(), group.header().groupIndex());
        assertEquals(4, group.header().samples().size());
        assertEquals(success.rewards(), group.header().rewards());
        assertEquals(receipt.responseTokens(), group.logProbs().length);
        assertTrue(receipt.responseTokens() > 4 * 4_000, receipt.toString());
    }
}
