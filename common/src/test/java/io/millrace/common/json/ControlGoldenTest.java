package io.millrace.common.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * The form of every control record, held by files that were written by hand. A change here breaks running clusters: add
 * optional fields, or raise {@link ControlCodec#VERSION}.
 */
class ControlGoldenTest {
    private static final WorkerIncarnation WORKER = new WorkerIncarnation("host-1", "a1b2c3d4");
    private static final StepRecord.Totals TOTALS = new StepRecord.Totals(64, 2, 1, 60);
    private static final SamplingParams SAMPLING = new SamplingParams(
            1.0,
            0.95,
            -1,
            512,
            List.of("\n\n"),
            List.of(151643),
            false,
            Json.object().put("min_p", 0.1));
    private static final TrainingTask.Source SOURCE = new TrainingTask.Source("sha256:ab12", 42, 1, 17);

    private static final AttemptHistory HISTORY = new AttemptHistory(
            1,
            1,
            0,
            List.of(
                    new AttemptHistory.AttemptEnd(new Attempt(1), AttemptHistory.Kind.DEADLINE, "no end within 1h"),
                    new AttemptHistory.AttemptEnd(new Attempt(2), AttemptHistory.Kind.LOST, "host-1 is silent")));

    private static final StepRecord.Resume RESUME = new StepRecord.Resume(
            new Lineage(1), new StepNumber(2), new WeightVersion(3), new StepNumber(4), 64, 1750000000008L, 0, false);

    private static final StepRecord.Missing MISSING = new StepRecord.Missing(
            new GroupIndex(62), new Attempt(2), 1, List.of(41L, 43L), StepRecord.Missing.Why.BEYOND_END);

    private static final PartialRef PARTIAL =
            new PartialRef(List.of(40L, 41L), new Attempt(1), new Lineage(0), new WeightVersion(2), 1234);

    static Stream<Arguments> records() {
        return Stream.of(
                golden(
                        "training-task-text",
                        TrainingTask.class,
                        new TrainingTask(
                                new GroupIndex(7),
                                new Attempt(1),
                                8,
                                new Lineage(0),
                                new WeightVersion(3),
                                1750000000000L,
                                new Prompt.Text("1 + 1 = ?"),
                                "2",
                                Json.object().put("rm_type", "math"),
                                SAMPLING,
                                SOURCE,
                                null,
                                null,
                                null)),
                golden(
                        "training-task-partial",
                        TrainingTask.class,
                        new TrainingTask(
                                        new GroupIndex(7),
                                        new Attempt(2),
                                        8,
                                        new Lineage(0),
                                        new WeightVersion(3),
                                        1750000000000L,
                                        new Prompt.Text("1 + 1 = ?"),
                                        "2",
                                        Json.object(),
                                        SAMPLING,
                                        SOURCE,
                                        null,
                                        null,
                                        null)
                                .from(PARTIAL)),
                golden(
                        "training-task-messages",
                        TrainingTask.class,
                        new TrainingTask(
                                new GroupIndex(8),
                                new Attempt(2),
                                1,
                                new Lineage(1),
                                new WeightVersion(4),
                                1750000000001L,
                                new Prompt.Messages(List.of(new ChatMessage("user", "Größe?")), "<user>Größe?"),
                                null,
                                Json.object(),
                                SAMPLING,
                                SOURCE,
                                null,
                                null,
                                null)),
                golden(
                        "training-task-token-ids",
                        TrainingTask.class,
                        new TrainingTask(
                                new GroupIndex(9),
                                new Attempt(1),
                                2,
                                new Lineage(0),
                                new WeightVersion(0),
                                1750000000002L,
                                new Prompt.TokenIds(new int[] {1, 22, 333}),
                                "yes",
                                Json.object().put("rm_type", "f1"),
                                SAMPLING,
                                SOURCE,
                                3600000L,
                                HISTORY,
                                null)),
                golden(
                        "receipt-success",
                        Receipt.class,
                        new Receipt(
                                new GroupIndex(7),
                                new Attempt(1),
                                WORKER,
                                8,
                                80,
                                4000,
                                2345,
                                new Receipt.Success(3, List.of(10L, 11L), new RewardStats(0.5, 0.25)))),
                golden(
                        "receipt-failure",
                        Receipt.class,
                        new Receipt(
                                new GroupIndex(7),
                                new Attempt(2),
                                WORKER,
                                8,
                                80,
                                0,
                                60000,
                                new Receipt.Failure("deadline", "no answer within 60 s"))),
                golden("receipt-abandoned", Receipt.class, Receipt.abandoned(new GroupIndex(7), new Attempt(4), 3, 12)),
                golden(
                        "receipt-handed-back",
                        Receipt.class,
                        new Receipt(
                                new GroupIndex(7),
                                new Attempt(2),
                                WORKER,
                                8,
                                0,
                                0,
                                60000,
                                new Receipt.HandedBack("the worker stops", null))),
                golden(
                        "receipt-handed-back-partial",
                        Receipt.class,
                        new Receipt(
                                new GroupIndex(7),
                                new Attempt(2),
                                WORKER,
                                8,
                                0,
                                0,
                                60000,
                                new Receipt.HandedBack("the worker stops", PARTIAL))),
                golden(
                        "worker-status",
                        WorkersRecord.class,
                        new WorkersRecord.Status(
                                WORKER,
                                5,
                                WorkersRecord.State.RUNNING,
                                1750000000003L,
                                64,
                                8,
                                List.of(
                                        new WorkersRecord.HeldGroup(
                                                GroupKind.TRAINING,
                                                new GroupIndex(7),
                                                new Attempt(1),
                                                1750000000001L,
                                                3),
                                        new WorkersRecord.HeldGroup(
                                                GroupKind.EVALUATION,
                                                new GroupIndex(1),
                                                new Attempt(1),
                                                1750000000002L,
                                                0)),
                                List.of(
                                        new WorkersRecord.EngineStatus("http://gpu-1:30000", true, 8, "3"),
                                        new WorkersRecord.EngineStatus("http://gpu-2:30000", false, 0, null)),
                                12,
                                1,
                                96,
                                48000)),
                golden(
                        "ledger-heartbeat",
                        WorkersRecord.class,
                        new WorkersRecord.LedgerHeartbeat("e5f6a7b8", 9, 1750000000004L, null)),
                golden(
                        "ledger-heartbeat-wanted",
                        WorkersRecord.class,
                        new WorkersRecord.LedgerHeartbeat(
                                "e5f6a7b8", 9, 1750000000004L, new WorkersRecord.Wanted(4, "slots are full"))),
                golden(
                        "policy",
                        Policy.class,
                        new Policy(new Lineage(0), new WeightVersion(3), 96, Policy.State.READY, 1750000000005L)),
                golden(
                        "eval-request",
                        EvalRecord.class,
                        new EvalRecord.Request(
                                "step-0-20",
                                new Lineage(0),
                                new WeightVersion(20),
                                7,
                                List.of(
                                        new EvalRecord.EvalDataSet(
                                                "aime", "data/aime.jsonl", 16, 1.0, "dapo", 0.6, 0.95, 20, 16384),
                                        new EvalRecord.EvalDataSet(
                                                "math", "data/math.jsonl", 1, 0.5, null, null, null, null, null)),
                                1750000000009L,
                                3600000)),
                golden("eval-loading", EvalRecord.class, new EvalRecord.Loading("step-0-20", 2, 1750000000010L)),
                golden(
                        "eval-issued",
                        EvalRecord.class,
                        new EvalRecord.Issued(
                                "step-0-20",
                                new GroupIndex(1060),
                                List.of(30, 500),
                                new Lineage(0),
                                new WeightVersion(20),
                                1750000000010L)),
                golden(
                        "eval-failed",
                        EvalRecord.class,
                        new EvalRecord.Failed("mine", "data set x.jsonl does not exist", 1750000000011L)),
                golden(
                        "eval-missing",
                        EvalRecord.class,
                        new EvalRecord.Missing(
                                "step-0-20",
                                new GroupIndex(1061),
                                new Attempt(2),
                                1,
                                List.of(40L, 42L),
                                StepRecord.Missing.Why.BEYOND_END)),
                golden("eval-cancelled", EvalRecord.class, new EvalRecord.Cancelled("mine", 1750000000011L)),
                golden(
                        "eval-report",
                        EvalRecord.class,
                        new EvalRecord.Report(
                                "step-0-20",
                                new Lineage(0),
                                new WeightVersion(20),
                                false,
                                1750000000009L,
                                1750000000012L,
                                List.of(
                                        new EvalRecord.DataSetReport(
                                                "aime",
                                                30,
                                                28,
                                                1,
                                                1,
                                                448,
                                                0.25,
                                                Map.of(1, 0.25, 2, 0.375, 16, 0.5),
                                                0.125,
                                                5000.5,
                                                2240224,
                                                new WeightVersion(20),
                                                new WeightVersion(21),
                                                List.of("3 attempts failed")),
                                        new EvalRecord.DataSetReport(
                                                "math", 500, 0, 0, 500, 0, null, Map.of(), null, null, 0, null, null,
                                                List.of())),
                                Map.of(0, 17L, 1, 18L))),
                golden(
                        "abandoned-marker",
                        AbandonedMarker.class,
                        new AbandonedMarker(
                                new GroupIndex(7), new Attempt(3), "3 attempts failed, the last with deadline")),
                golden(
                        "run",
                        RunRecord.class,
                        new RunRecord(
                                RunRecord.FORMAT,
                                32,
                                8,
                                1,
                                1,
                                4,
                                16777216,
                                "00112233aabbccdd",
                                "ddccbbaa33221100",
                                "math",
                                10000L)),
                golden(
                        "step-lease",
                        StepRecord.class,
                        new StepRecord.Lease(
                                new Lineage(0),
                                new StepNumber(2),
                                new LeaseId("00000000000000aa"),
                                new WeightVersion(3),
                                1750000000006L,
                                List.of(
                                        new StepRecord.ManifestEntry(
                                                new GroupIndex(7),
                                                new Attempt(1),
                                                new WeightVersion(2),
                                                3,
                                                List.of(10L, 11L)),
                                        new StepRecord.ManifestEntry(
                                                new GroupIndex(9),
                                                new Attempt(2),
                                                new WeightVersion(3),
                                                1,
                                                List.of(4L))))),
                golden(
                        "step-lease-figures",
                        StepRecord.class,
                        new StepRecord.Lease(
                                new Lineage(0),
                                new StepNumber(2),
                                new LeaseId("00000000000000aa"),
                                new WeightVersion(3),
                                0,
                                1750000000006L,
                                List.of(new StepRecord.ManifestEntry(
                                        new GroupIndex(7), new Attempt(1), new WeightVersion(2), 3, List.of(10L))),
                                null,
                                new StepRecord.StepFigures(new RewardStats(0.5, 0.25), 8, 4000, 0.25, 0.75))),
                golden(
                        "step-acknowledgement",
                        StepRecord.class,
                        new StepRecord.Acknowledgement(
                                new Lineage(0),
                                new StepNumber(2),
                                new LeaseId("00000000000000aa"),
                                new WeightVersion(4),
                                1750000000007L,
                                TOTALS,
                                null)),
                golden(
                        "step-discard",
                        StepRecord.class,
                        new StepRecord.Discard(new GroupIndex(8), new Attempt(1), "stale", TOTALS)),
                golden(
                        "step-abandonment",
                        StepRecord.class,
                        new StepRecord.Abandonment(new GroupIndex(5), new Attempt(3), "3 attempts failed", TOTALS)),
                golden(
                        "step-rejection",
                        StepRecord.class,
                        new StepRecord.Rejection(
                                new GroupIndex(6), new Attempt(1), 2, 33, "too short for safetensors: 3 bytes")),
                golden("step-skip", StepRecord.class, new StepRecord.Skip(1, 34, "no type header")),
                golden("step-missing", StepRecord.class, MISSING),
                golden(
                        "step-lease-void",
                        StepRecord.class,
                        new StepRecord.LeaseVoid(
                                new Lineage(1), new StepNumber(3), "1 of its groups cannot be read back")),
                golden("step-resume", StepRecord.class, RESUME),
                golden(
                        "step-snapshot",
                        StepRecord.class,
                        new StepRecord.Snapshot(
                                new Lineage(1),
                                new StepNumber(3),
                                0,
                                new StepRecord.Acknowledgement(
                                        new Lineage(1),
                                        new StepNumber(2),
                                        new LeaseId("00000000000000aa"),
                                        new WeightVersion(4),
                                        1750000000007L,
                                        TOTALS,
                                        new StepNumber(2)),
                                TOTALS,
                                new Policy(
                                        new Lineage(1), new WeightVersion(4), 64, Policy.State.READY, 1750000000007L),
                                List.of(new SettledIndices.Range(0, 60), new SettledIndices.Range(63, 70)),
                                List.of(new StepRecord.Rejection(
                                        new GroupIndex(61), new Attempt(1), 2, 33, "too short")),
                                List.of(MISSING),
                                List.of(new StepRecord.Snapshot.ResultsRead(0, 12, 40)),
                                77,
                                List.of(RESUME),
                                5,
                                1,
                                2)),
                golden(
                        "dead-letter-unreadable",
                        DeadLetter.class,
                        new DeadLetter.Unreadable("r.results", 1, 34, "trainer-consumer", "no type header", 3, "eHl6")),
                golden(
                        "dead-letter-group",
                        DeadLetter.class,
                        new DeadLetter.Group(
                                new TrainingTask(
                                        new GroupIndex(9),
                                        new Attempt(2),
                                        2,
                                        new Lineage(0),
                                        new WeightVersion(0),
                                        1750000000002L,
                                        new Prompt.Text("1 + 1 = ?"),
                                        null,
                                        Json.object(),
                                        SAMPLING,
                                        SOURCE,
                                        null,
                                        null,
                                        null),
                                "2 attempts failed",
                                HISTORY)));
    }

    private static Arguments golden(String name, Class<? extends ControlRecord> type, ControlRecord record) {
        return Arguments.of(name, type, record);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("records")
    void aRecordIsWrittenByteForByteAsItsGolden(String name, Class<?> type, ControlRecord record) throws Exception {
        assertEquals(
                new String(read(name), StandardCharsets.UTF_8),
                new String(ControlCodec.encode(record), StandardCharsets.UTF_8));
        assertArrayEquals(read(name), ControlCodec.encode(record));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("records")
    void aGoldenIsReadAsItsRecord(String name, Class<? extends ControlRecord> type, ControlRecord record)
            throws Exception {
        assertEquals(record, ControlCodec.decode(read(name), type));
    }

    /** Whatever may be absent is said to be by its type. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("records")
    void eachFieldThatMayNotBeAbsentIsAskedFor(String name, Class<? extends ControlRecord> type, ControlRecord record)
            throws Exception {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            String field = component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
            boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
            ObjectNode form = (ObjectNode) Json.MAPPER.readTree(read(name));
            form.remove(field);
            assertEquals(nullable, isRead(form, type), field + " is absent");
            assertEquals(nullable, isRead(form.putNull(field), type), field + " is null");
        }
    }

    private static boolean isRead(ObjectNode form, Class<? extends ControlRecord> type) {
        try {
            return type.isInstance(ControlCodec.decode(Json.MAPPER.writeValueAsBytes(form), type));
        } catch (BadRecordException e) {
            return false;
        }
    }

    @Test
    void everyKindOfControlRecordHasAGolden() {
        List<Class<?>> kinds = kinds(ControlRecord.class).toList();
        List<Class<?>> held = records()
                .<Class<?>>map(arguments -> arguments.get()[2].getClass())
                .distinct()
                .toList();
        assertEquals(
                kinds.stream().map(Class::getName).sorted().toList(),
                held.stream().map(Class::getName).sorted().toList());
    }

    private static Stream<Class<?>> kinds(Class<?> type) {
        return type.isSealed()
                ? Stream.of(type.getPermittedSubclasses()).flatMap(ControlGoldenTest::kinds)
                : Stream.of(type);
    }

    private static byte[] read(String name) throws IOException {
        String path = "/golden/" + name + ".json";
        try (InputStream in =
                Objects.requireNonNull(ControlGoldenTest.class.getResourceAsStream(path), path + " is absent")) {
            return in.readAllBytes();
        }
    }
}
