package io.millrace.producer.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.LaneOffsets;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.admission.EvalBook;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.RecoveryLimits;
import io.millrace.producer.ledger.Reissues;
import io.millrace.producer.publish.PromptLog;
import io.millrace.producer.publish.RunPublisher;
import io.millrace.producer.queue.QueueWatch;
import io.millrace.producer.source.EvalTasks;
import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetException;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import io.millrace.producer.status.ProducerMetrics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From a request to its tasks, while the run goes on meanwhile. */
@Timeout(60)
class EvaluationsTest {
    private static final Policy READY = policy(0, Policy.State.READY);

    private final RunTopics topics = new RunTopics(new RunId("r"));
    /** Asks a broker that is not there, and waits for no answer. */
    private final Admin admin = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:1"));

    private final ManualTicker ticker = new ManualTicker();
    private final EvalLoads loads = new EvalLoads();
    private final Health health = new Health(() -> 1, ticker);
    private final CompletableFuture<Void> answers = new CompletableFuture<>();
    private MockProducer<byte[], byte[]> producer = producer();
    private Evaluations evaluations = session();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        answers.complete(null);
        admin.close(Duration.ZERO);
    }

    private static MockProducer<byte[], byte[]> producer() {
        return new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static Policy policy(long lineage, Policy.State state) {
        return new Policy(new Lineage(lineage), new WeightVersion(0), 0, state, 0);
    }

    /** A session of the one process. */
    private Evaluations session() {
        RunPublisher publisher = new RunPublisher(producer, topics, 1, 4096);
        publisher.open();
        EvalTasks maker = new EvalTasks(
                new RowShape("prompt", "label", "metadata", ChatTemplate.CHATML),
                new RowLimits(1000, 100, 0, 4096),
                new EvalTasks.Defaults(SamplingParams.defaults(16), "random", 60_000),
                new EvalTasks.Limits(10, 4096, 8_000));
        ProducerMetrics metrics = new ProducerMetrics(new SimpleMeterRegistry(), () -> null);
        PromptLog nothing = new PromptLog(
                () -> {
                    throw new IllegalStateException("nothing is read back");
                },
                topics.lane(Lane.EVALUATION),
                Duration.ofSeconds(1),
                (record, reason) -> {});
        QueueWatch queue =
                new QueueWatch(LaneOffsets.of(admin, topics, Lane.EVALUATION), "lane", ticker, Duration.ofHours(1));
        GroupStream stream = new GroupStream(
                new Ledger(GroupKind.EVALUATION, new Reissues(new RecoveryLimits(3, 2, 10_000, 60_000))),
                Map.of(Lane.EVALUATION, new GroupStream.LaneEdge(queue, nothing)),
                Evaluations::again,
                publisher,
                metrics,
                () -> 1,
                ticker);
        return new Evaluations(
                stream,
                maker,
                (request, stopped) -> load(maker, request, stopped),
                publisher,
                loads,
                health,
                metrics,
                () -> 1,
                ticker);
    }

    private void newSession() {
        producer = producer();
        evaluations = session();
    }

    private EvalRecord.Request request(String id, Path file) {
        return new EvalRecord.Request(
                id,
                new Lineage(0),
                new WeightVersion(0),
                0,
                List.of(new EvalDataSet("d", file.toString(), 1, 1, null, null, null, null, null)),
                0,
                1_000);
    }

    private Path rows() throws Exception {
        return Files.writeString(folder.resolve("rows.jsonl"), "{\"prompt\": \"p\"}\n");
    }

    /** A file whose reading hangs, as on a dead mount, until {@link #answers}. */
    private Path slow() throws Exception {
        return Files.writeString(folder.resolve("slow.jsonl"), "{\"prompt\": \"p\"}\n");
    }

    private List<DataSet> load(EvalTasks maker, EvalRecord.Request request, BooleanSupplier stopped)
            throws DataSetException {
        if (request.dataSets().getFirst().path().endsWith("slow.jsonl")) {
            answers.join();
        }
        return maker.load(request, stopped);
    }

    /** What this session has put on {@code evals}. */
    private List<EvalRecord> said() throws BadRecordException {
        List<EvalRecord> said = new ArrayList<>();
        for (var record : producer.history()) {
            if (record.topic().equals(topics.evals())) {
                said.add(ControlCodec.decode(record.value(), EvalRecord.class));
            }
        }
        return said;
    }

    /** Turns until something more was said. */
    private EvalRecord next(Policy policy) throws Exception {
        int before = said().size();
        while (said().size() == before) {
            evaluations.turn(policy);
        }
        return said().getLast();
    }

    @Test
    void oneWhoseLineageEndedWhileItsDataSetsWereReadIsNotIssued() throws Exception {
        evaluations.accept(request("e", rows()));
        assertInstanceOf(EvalRecord.Loading.class, next(READY));
        EvalRecord.Failed failed = assertInstanceOf(EvalRecord.Failed.class, next(policy(1, Policy.State.READY)));
        assertTrue(failed.cause().contains("the run is at lineage 1"), failed.cause());
    }

    @Test
    void oneWhoseWeightsAreNotReadyKeepsWhatWasReadUntilTheyAre() throws Exception {
        Path rows = rows();
        evaluations.accept(request("e", rows));
        assertInstanceOf(EvalRecord.Loading.class, next(READY));
        while (!loads.current().orElseThrow().isRead()) {
            Thread.onSpinWait();
        }
        Files.delete(rows);
        evaluations.turn(policy(0, Policy.State.PAUSED));
        assertEquals(1, said().size());
        EvalRecord.Issued issued = assertInstanceOf(EvalRecord.Issued.class, next(READY));
        assertEquals(List.of(1), issued.groups());
        assertEquals(new GroupIndex(0), issued.first());
        assertEquals(READY.weightVersion(), issued.weightVersion());
    }

    @Test
    void theNextSessionTakesOverWhatIsRead() throws Exception {
        Path slow = slow();
        EvalRecord.Request request = request("e", slow);
        evaluations.accept(request);
        EvalRecord loading = next(READY);
        EvalRead read = loads.current().orElseThrow();
        newSession();
        evaluations.accept(request);
        evaluations.accept(loading);
        evaluations.turn(READY);
        assertSame(read, loads.current().orElseThrow());
        answers.complete(null);
        assertInstanceOf(EvalRecord.Issued.class, next(READY));
    }

    @Test
    void aCommitOfUnknownOutcomeIsNoProducerThatEnded() throws Exception {
        EvalRecord.Request request = request("e", rows());
        for (int session = 1; session <= EvalBook.LOADS_MAX; session++) {
            newSession();
            evaluations.accept(request);
            if (session > 1) {
                evaluations.accept(new EvalRecord.Loading("e", session - 1, 1));
            }
            producer.commitTransactionException = new KafkaException("no answer");
            try {
                evaluations.turn(READY);
            } catch (KafkaException e) {
                // It stands all the same.
                assertEquals("no answer", e.getMessage());
            }
        }
        newSession();
        evaluations.accept(request);
        evaluations.accept(new EvalRecord.Loading("e", EvalBook.LOADS_MAX, 1));
        assertInstanceOf(EvalRecord.Issued.class, next(READY));
    }

    @Test
    void whatNobodyWaitsForIsReadToItsStopBeforeTheNextIsRead() throws Exception {
        Path slow = slow();
        evaluations.accept(request("e", slow));
        assertInstanceOf(EvalRecord.Loading.class, next(READY));
        evaluations.accept(new EvalRecord.Cancelled("e", 1));
        evaluations.accept(request("f", rows()));
        for (int turn = 0; turn < 3; turn++) {
            evaluations.turn(READY);
        }
        assertEquals(1, said().size(), "no other is read beside it");
        answers.complete(null);
        assertInstanceOf(EvalRecord.Loading.class, next(READY));
        assertEquals("f", assertInstanceOf(EvalRecord.Issued.class, next(READY)).evalId());
    }

    @Test
    void aReadThatHangsIsSaidAndHoldsUpNoOtherToItsTimeLimit() throws Exception {
        evaluations.accept(request("e", slow()));
        assertInstanceOf(EvalRecord.Loading.class, next(READY));
        evaluations.accept(new EvalRecord.Cancelled("e", 1));
        evaluations.accept(request("f", rows()));
        evaluations.turn(READY);
        ticker.advance(Duration.ofSeconds(29));
        evaluations.turn(READY);
        assertEquals(1, said().size(), "it may still end");
        assertEquals(Health.State.RUNNING, health.parts().get(Evaluations.PART).state());
        ticker.advance(Duration.ofSeconds(1));
        evaluations.turn(READY);
        EvalRecord.Failed failed = assertInstanceOf(EvalRecord.Failed.class, said().getLast());
        assertEquals("f", failed.evalId());
        assertTrue(failed.cause().contains("slow.jsonl for evaluation e hangs"), failed.cause());
        Health.Part part = health.parts().get(Evaluations.PART);
        assertEquals(Health.State.WAITING, part.state());
        assertTrue(part.detail().contains("slow.jsonl"), part.detail());
        answers.complete(null);
        evaluations.accept(request("g", rows()));
        // Whether its thread has ended is seen at a turn; until then others fail.
        while (!loads.isIdle()) {
            Thread.onSpinWait();
        }
        assertInstanceOf(EvalRecord.Loading.class, next(READY));
        assertEquals("g", assertInstanceOf(EvalRecord.Issued.class, next(READY)).evalId());
        assertEquals(Health.State.RUNNING, health.parts().get(Evaluations.PART).state());
    }

    /** A ledger that waits for it keeps the receipt, and all behind it, for the rest of the run. */
    @Test
    void aReceiptOfAnEvaluationWhoseRecordsAreGoneIsNotKept() throws Exception {
        evaluations.accept(
                new EvalRecord.Issued("next", new GroupIndex(2), List.of(1), new Lineage(0), new WeightVersion(0), 0));
        for (long group : List.of(1L, 2L)) {
            evaluations.stream()
                    .ledger()
                    .receipt(
                            new Receipt(
                                    new GroupIndex(group),
                                    new Attempt(1),
                                    new WorkerIncarnation("w", "1"),
                                    1,
                                    0,
                                    0,
                                    0,
                                    new Receipt.HandedBack("the worker stops", null)),
                            group,
                            0);
        }
        assertEquals(1, evaluations.stream().ledger().counts().announced(), "that of the other evaluation");
    }
}
