package io.millrace.it;

import static io.millrace.it.TrainerRun.assertOk;
import static io.millrace.it.TrainerRun.assertStatus;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.testing.Await;
import io.millrace.common.topics.Lane;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.sandbox.broker.LogTails;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An evaluation whose results a broker has lost, and their receipts not, under a whole run. */
@Tag("thorough")
class LostEvaluationResultsTest {
    private static final int PROMPTS = 16;
    private static final int SAMPLES = 8;
    /** With so many samples a group is larger than a record of {@link #RECORD_MAX}. */
    private static final String LONG_PROMPT = "Evaluate " + "and so on ".repeat(800);

    private static final String RECORD_MAX = "64KiB";

    @TempDir
    Path folder;

    private OwnBroker broker;
    private WholeRun whole;

    @BeforeEach
    void begin() throws Exception {
        broker = new OwnBroker(folder);
        whole = new WholeRun(
                broker.bootstrap(),
                Map.of("batch-groups", "4", "samples-per-group", "2", "record-size-max", RECORD_MAX));
    }

    @AfterEach
    void end() throws Exception {
        whole.close();
        broker.close();
    }

    private WholeRun.Part producer() throws Exception {
        return whole.producer(Map.of(
                "dataset",
                ProducerRun.dataSet(folder, "Train ", 50).toString(),
                "max-new-tokens",
                "64",
                "worker-timeout",
                "5s",
                "trim-interval",
                "100ms",
                "reward-type",
                "random"));
    }

    private TrainerProcess trainer() throws Exception {
        return whole.trainer(Map.of("missing-result-timeout", "1s"));
    }

    private WholeRun.Part worker(String latency) throws Exception {
        return whole.worker(
                whole.engine(Map.of("latency-median", latency)),
                Map.of("slots", "16", "eval-share", "1", "record-size-max", RECORD_MAX));
    }

    private static void ask(TrainerProcess trainer, String id, Path path) throws Exception {
        ObjectNode body = Json.object();
        body.put("eval_id", id);
        ObjectNode dataSet = body.putArray("data_sets").addObject();
        dataSet.put("name", "d").put("path", path.toString()).put("samples", SAMPLES);
        assertStatus(202, trainer.post("/v1/evaluations", body.toString()));
    }

    /** Generates some of the evaluation's groups and stops, before all are; the groups that have receipts. */
    private Set<Long> generateSome(Path dataSet, TrainerProcess trainer) throws Exception {
        ask(trainer, "mine", dataSet);
        WholeRun.Part worker = worker("250ms");
        Await.until("some results", () -> finished().size() >= 2, WholeRun.LIMIT);
        worker.stop();
        Set<Long> finished = finished();
        assertTrue(finished.size() < PROMPTS, finished::toString);
        return finished;
    }

    /** Groups of which a receipt says that they stand on {@code eval-results}. */
    private Set<Long> finished() throws Exception {
        Set<Long> groups = new TreeSet<>();
        for (ConsumerRecord<byte[], byte[]> record : whole.records(whole.topics.receipts(GroupKind.EVALUATION))) {
            Receipt receipt = ControlCodec.decode(record.value(), Receipt.class);
            if (receipt.outcome() instanceof Receipt.Success) {
                groups.add(receipt.groupIndex().value());
            }
        }
        return groups;
    }

    private interface Cut {
        long of(LogTails tails, TopicPartition partition) throws Exception;
    }

    private void losesResults(Cut cut) throws Exception {
        loses(whole.topics.results(GroupKind.EVALUATION), cut);
    }

    /** Of every partition of the topic. */
    private void loses(String topic, Cut cut) throws Exception {
        broker.loses(tails -> {
            long bytes = 0;
            for (TopicPartition partition : tails.partitions(topic)) {
                bytes += cut.of(tails, partition);
            }
            return bytes;
        });
    }

    /** Groups said to be missing on {@code evals}, once for each time. */
    private List<Long> missing() throws Exception {
        return whole.records(whole.topics.evals()).stream()
                .map(record -> Json.MAPPER.readTree(new String(record.value(), StandardCharsets.UTF_8)))
                .filter(record -> record.path("type").asString().equals("missing"))
                .map(record -> record.path("group_index").asLong())
                .sorted()
                .toList();
    }

    /** Tasks of attempts after the first, by group. */
    private Map<Long, TrainingTask> issuedAgain() throws Exception {
        Map<Long, TrainingTask> again = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : whole.records(whole.topics.lane(Lane.EVALUATION))) {
            TrainingTask task = ControlCodec.decode(record.value(), TrainingTask.class);
            if (task.attempt().value() > 1) {
                again.put(task.groupIndex().value(), task);
            }
        }
        return again;
    }

    private JsonNode awaitEnd(TrainerProcess trainer) throws Exception {
        return awaitEnd(trainer, "mine");
    }

    private JsonNode awaitEnd(TrainerProcess trainer, String id) throws Exception {
        Await.until(
                "the evaluation to end: " + trainer.get("/v1/evaluations/" + id).json(),
                () -> Set.of("done", "expired", "failed")
                        .contains(assertOk(trainer.get("/v1/evaluations/" + id))
                                .path("state")
                                .asString()),
                WholeRun.LIMIT);
        return assertOk(trainer.get("/v1/evaluations/" + id));
    }

    private static void assertWhole(JsonNode ended) {
        assertWhole(ended, PROMPTS);
    }

    private static void assertWhole(JsonNode ended, int prompts) {
        assertEquals("done", ended.path("state").asString(), ended::toString);
        assertEquals(prompts, ended.path("done").asInt(), ended::toString);
        assertEquals(0, ended.path("failed").asInt(), ended::toString);
    }

    @Test
    void promptsWhoseResultsAreGoneAreIssuedAgainAndCountAsLost() throws Exception {
        producer();
        TrainerProcess trainer = trainer();
        Set<Long> gone = generateSome(ProducerRun.dataSet(folder, "Eval ", PROMPTS), trainer);
        losesResults((tails, partition) -> tails.cutBytes(partition, Long.MAX_VALUE));
        Await.until("all to be issued again", () -> issuedAgain().keySet().containsAll(gone), WholeRun.LIMIT);
        for (long group : gone) {
            AttemptHistory history = issuedAgain().get(group).history();
            assertEquals(1, history.losses(), history::toString);
            assertEquals(0, history.failures(), history::toString);
        }
        worker("20ms");
        assertWhole(awaitEnd(trainer));
    }

    /** The last part of each partition's last group goes, and others take its place. */
    @Test
    void groupsInPartsOfWhichOneIsGoneAreIssuedAgain() throws Exception {
        producer();
        TrainerProcess trainer = trainer();
        generateSome(ProducerRun.dataSet(folder, LONG_PROMPT, PROMPTS), trainer);
        assertTrue(
                whole.records(whole.topics.results(GroupKind.EVALUATION)).stream()
                        .anyMatch(record -> record.headers().lastHeader(ResultHeaders.PART) != null),
                "no group was larger than a record");
        losesResults((tails, partition) -> tails.cutBatches(partition, 1));
        worker("20ms");
        assertWhole(awaitEnd(trainer));
        assertTrue(!missing().isEmpty());
        assertEquals(missing().size(), Set.copyOf(missing()).size(), "each is said once");
    }

    @Test
    void whoeverStopsMeanwhileNothingIsSaidOrIssuedTwice() throws Exception {
        WholeRun.Part producer = producer();
        TrainerProcess trainer = trainer();
        Set<Long> gone = generateSome(ProducerRun.dataSet(folder, "Eval ", PROMPTS), trainer);
        producer.stop();
        losesResults((tails, partition) -> tails.cutBytes(partition, Long.MAX_VALUE));
        Await.until("all to be missing", () -> Set.copyOf(missing()).equals(gone), WholeRun.LIMIT);
        trainer.close();
        TrainerProcess second = trainer();
        WholeRun.Part other = producer();
        Await.until("all to be issued again", () -> issuedAgain().keySet().containsAll(gone), WholeRun.LIMIT);
        other.stop();
        producer();
        worker("20ms");
        assertWhole(awaitEnd(second));
        assertEquals(List.copyOf(gone), missing(), "each is said once");
        Map<Long, TrainingTask> again = issuedAgain();
        gone.forEach(group -> {
            TrainingTask task = again.get(group);
            // Tasks of an evaluation that is over are deleted.
            assertTrue(task == null || task.history().losses() == 1, () -> String.valueOf(task));
        });
    }

    /** Its tasks stand, and workers may have results of them; that it was asked for and issued does not. */
    @Test
    void anotherEvaluationHasOtherGroupsThanOneThatIsGone() throws Exception {
        WholeRun.Part producer = producer();
        TrainerProcess trainer = trainer();
        ask(trainer, "gone", ProducerRun.dataSet(folder, "Gone ", PROMPTS));
        Await.until("its tasks", () -> tasks("Gone ").size() == PROMPTS, WholeRun.LIMIT);
        Set<Long> gone = tasks("Gone ");
        WholeRun.Part worker = worker("250ms");
        Await.until("some results", () -> finished().size() >= 2, WholeRun.LIMIT);
        worker.stop();
        loses(whole.topics.evals(), (tails, partition) -> tails.cutBytes(partition, Long.MAX_VALUE));
        Await.until(
                "it to be forgotten", () -> trainer.get("/v1/evaluations/gone").status() == 404, WholeRun.LIMIT);
        Await.until("its tasks to be deleted", () -> tasks("Gone ").size() <= 1, WholeRun.LIMIT);
        Await.until(
                "its receipts to be deleted",
                () -> whole.records(whole.topics.receipts(GroupKind.EVALUATION)).isEmpty(),
                WholeRun.LIMIT);
        producer.stop();
        producer();
        ask(trainer, "mine", ProducerRun.dataSet(folder, "Eval ", PROMPTS));
        Await.until("the other's tasks", () -> tasks("Eval ").size() == PROMPTS, WholeRun.LIMIT);
        gone.retainAll(tasks("Eval "));
        assertEquals(Set.of(), gone);
        worker("20ms");
        assertWhole(awaitEnd(trainer));
    }

    /** What the producer wrote on {@code evals} stands, and that it counts does not: it must never come to count later. */
    @Test
    void anEvaluationOfWhichTheEndOfATransactionIsLostIsIssuedAgain() throws Exception {
        WholeRun.Part producer = producer();
        TrainerProcess trainer = trainer();
        ask(trainer, "before", ProducerRun.dataSet(folder, "Before ", PROMPTS));
        Await.until("it to be issued", () -> types().contains("issued"), WholeRun.LIMIT);
        producer.stop();
        loses(whole.topics.evals(), (tails, partition) -> tails.cutBatches(partition, 1));
        producer();
        ask(trainer, "mine", ProducerRun.dataSet(folder, "Eval ", PROMPTS));
        worker("20ms");
        assertWhole(awaitEnd(trainer));
        assertWhole(awaitEnd(trainer, "before"));
    }

    /** Types of the records on {@code evals}. */
    private List<String> types() throws Exception {
        return whole.records(whole.topics.evals()).stream()
                .map(record -> Json.MAPPER.readTree(new String(record.value(), StandardCharsets.UTF_8)))
                .map(record -> record.path("type").asString())
                .toList();
    }

    /** Groups whose prompts begin so, of which a task stands. */
    private Set<Long> tasks(String begin) throws Exception {
        Set<Long> groups = new TreeSet<>();
        for (ConsumerRecord<byte[], byte[]> record : whole.records(whole.topics.lane(Lane.EVALUATION))) {
            TrainingTask task = ControlCodec.decode(record.value(), TrainingTask.class);
            if (task.prompt().asText().startsWith(begin)) {
                groups.add(task.groupIndex().value());
            }
        }
        return groups;
    }

    /** The report of an evaluation says where later results begin; the log is cut and grows past that place again. */
    @Test
    void resultsBelowThePlaceOfAReportThatTheLogHasLostAreFound() throws Exception {
        producer();
        TrainerProcess trainer = trainer();
        WholeRun.Part fast = worker("20ms");
        ask(trainer, "reported", ProducerRun.dataSet(folder, "Eval ", PROMPTS));
        assertWhole(awaitEnd(trainer, "reported"));
        fast.stop();
        losesResults((tails, partition) -> tails.cutBytes(partition, Long.MAX_VALUE));
        ask(trainer, "mine", ProducerRun.dataSet(folder, "Eval ", 3 * PROMPTS));
        WholeRun.Part slow = worker("250ms");
        Await.until(
                "as many results as there were",
                () -> finished().size() > 2 * PROMPTS
                        && whole.records(whole.topics.results(GroupKind.EVALUATION))
                                        .size()
                                > PROMPTS + PROMPTS / 2,
                WholeRun.LIMIT);
        slow.stop();
        trainer.close();
        TrainerProcess second = trainer();
        worker("20ms");
        assertWhole(awaitEnd(second), 3 * PROMPTS);
        assertEquals(List.of(), missing(), "none of its results was lost");
    }
}
