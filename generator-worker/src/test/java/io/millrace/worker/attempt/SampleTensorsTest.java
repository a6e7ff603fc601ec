package io.millrace.worker.attempt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.RunId;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.topics.Lane;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.TensorPiece;
import io.millrace.worker.engine.dialect.VersionWord;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SampleTensorsTest {
    private static final String EXPERTS = "routed_experts";
    private static final List<String> ASKED = List.of(EXPERTS);
    private static final GroupAssembly ASSEMBLY = new GroupAssembly(new RunId("r"), WorkerIncarnation.start("w"));

    private static byte[] ints(int... values) {
        ByteBuffer out = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        IntStream.of(values).forEach(out::putInt);
        return out.array();
    }

    /** Rows of two, each with its token's place and this word. */
    private static TensorPiece experts(int start, int end, int word) {
        int[] values = IntStream.range(start, end)
                .flatMap(place -> IntStream.of(place, word))
                .toArray();
        return TensorPiece.ofTokens(EXPERTS, "I32", ints(values), start, end);
    }

    private static Generation piece(int tokens, Finish finish, TensorPiece... tensors) {
        return new Generation(
                "x".repeat(tokens),
                new int[tokens],
                new float[tokens],
                finish,
                0,
                null,
                List.of(),
                null,
                List.of(tensors));
    }

    private static AttemptState attempt(int samples, int promptTokens) {
        AttemptState state =
                new AttemptState(TestingTasks.task(samples, new int[promptTokens], 100), Lane.TRAINING, 0, 0);
        return state;
    }

    private static void add(Sample sample, Generation piece) {
        assertNull(sample.tensorFlaw(piece, ASKED));
        sample.add(piece, "e", null, VersionWord::number);
    }

    private static void finish(AttemptState state) {
        for (int i = 0; i < state.task().samples(); i++) {
            TestingTasks.score(state, i, Reward.of(1), 0);
        }
    }

    @Test
    void rowsStayAsTheirTokensWereMadeAndWhatIsBehindThemIsAdded() {
        AttemptState state = attempt(1, 3);
        Sample sample = state.sample(0);
        add(sample, piece(2, Finish.ABORT, experts(0, 4, 7)));
        assertEquals(4, sample.tensorRows());
        // One engine begins where it is told to, another says everything again.
        add(sample, piece(2, Finish.ABORT, experts(4, 6, 8)));
        add(sample, piece(1, Finish.STOP, experts(0, 7, 9)));
        finish(state);
        RolloutGroup group = ASSEMBLY.result(state, 0);
        assertEquals(
                List.of(7L, 2L),
                group.header().samples().getFirst().tensorShapes().get(EXPERTS));
        assertArrayEquals(
                ints(0, 7, 1, 7, 2, 7, 3, 7, 4, 8, 5, 8, 6, 9),
                group.extras().get(EXPERTS).data());
    }

    @Test
    void samplesStandBackToBackAndComeBackFromAPartialGroup() {
        AttemptState state = attempt(3, 1);
        add(state.sample(0), piece(3, Finish.STOP, experts(0, 3, 1)));
        add(state.sample(1), piece(2, Finish.ABORT, experts(0, 2, 2)));
        TestingTasks.score(state, 0, Reward.of(1), 0);
        RolloutGroup given = ASSEMBLY.asItIs(state, 0);
        assertArrayEquals(
                ints(0, 1, 1, 1, 2, 1, 0, 2, 1, 2), given.extras().get(EXPERTS).data());

        TrainingTask task = state.task()
                .from(new PartialRef(
                        List.of(0L),
                        given.header().attempt(),
                        given.header().lineage(),
                        given.header().oldestWeightVersion(),
                        5));
        AttemptState next = new AttemptState(task, Lane.URGENT, 0, 0);
        next.restore(given);
        assertEquals(2, next.sample(1).tensorRows());
        add(next.sample(1), piece(1, Finish.STOP, experts(2, 3, 3)));
        add(next.sample(2), piece(1, Finish.STOP, experts(0, 1, 4)));
        TestingTasks.score(next, 1, Reward.of(1), 0);
        TestingTasks.score(next, 2, Reward.of(1), 0);
        assertArrayEquals(
                ints(0, 1, 1, 1, 2, 1, 0, 2, 1, 2, 2, 3, 0, 4),
                ASSEMBLY.result(next, 0).extras().get(EXPERTS).data());
    }

    @Test
    void anAnswerWithoutWhatWasAskedForIsNone() {
        Sample sample = attempt(1, 3).sample(0);
        String flaw = sample.tensorFlaw(piece(2, Finish.STOP), ASKED);
        assertTrue(flaw != null && flaw.contains(EXPERTS) && flaw.contains("--answer-tensors"), flaw);
        assertNotNull(sample.tensorFlaw(piece(100, Finish.ABORT), ASKED), "nothing follows at the limit");
        assertNull(sample.tensorFlaw(piece(2, Finish.ABORT), ASKED), "the next answer has all of it");
        assertNull(sample.tensorFlaw(piece(2, Finish.STOP), List.of()), "nobody asked");
    }

    @Test
    void aGapAndAnotherShapeAreNone() {
        Sample sample = attempt(1, 3).sample(0);
        add(sample, piece(2, Finish.ABORT, experts(0, 4, 7)));
        assertNotNull(sample.tensorFlaw(piece(2, Finish.STOP, experts(5, 6, 7)), ASKED));
        TensorPiece bytes = TensorPiece.ofTokens(EXPERTS, "U8", new byte[4], 4, 6);
        assertNotNull(sample.tensorFlaw(piece(2, Finish.STOP, bytes), ASKED));
        assertThrows(IllegalArgumentException.class, () -> TensorPiece.ofTokens(EXPERTS, "I32", new byte[20], 0, 2));
    }

    @Test
    void otherTensorsFollowEachOtherAndOffsetsCountOn() {
        AttemptState state = attempt(1, 3);
        Sample sample = state.sample(0);
        for (Finish finish : List.of(Finish.ABORT, Finish.STOP)) {
            sample.add(
                    piece(
                            2,
                            finish,
                            new TensorPiece("top_p_token_ids", new Tensor("I32", new long[] {3}, ints(7, 8, 9)), 0),
                            new TensorPiece(
                                    "top_p_token_offsets", new Tensor("I32", new long[] {3}, ints(0, 1, 3)), 0)),
                    "e",
                    null,
                    VersionWord::number);
        }
        finish(state);
        RolloutGroup group = ASSEMBLY.result(state, 0);
        assertArrayEquals(
                ints(7, 8, 9, 7, 8, 9), group.extras().get("top_p_token_ids").data());
        assertArrayEquals(
                ints(0, 1, 3, 4, 6), group.extras().get("top_p_token_offsets").data());
    }

    private static TensorPiece offsets(int... values) {
        return new TensorPiece("top_p_token_offsets", new Tensor("I32", new long[] {values.length}, ints(values)), 0);
    }

    @Test
    void offsetsThatCannotBeCountedOnAreRefused() {
        TensorPiece bytes = new TensorPiece("some_offsets", new Tensor("U8", new long[] {2}, new byte[2]), 0);
        Sample sample = attempt(1, 3).sample(0);
        assertNotNull(sample.tensorFlaw(piece(1, Finish.STOP, bytes), List.of("some_offsets")));
    }

    @Test
    void offsetsCountOnBehindAPieceThatBroughtNone() {
        AttemptState state = attempt(1, 3);
        state.sample(0).add(piece(1, Finish.ABORT, offsets(0, 1)), "e", null, VersionWord::number);
        state.sample(0).add(piece(1, Finish.ABORT, offsets(0)), "e", null, VersionWord::number);
        state.sample(0).add(piece(1, Finish.STOP, offsets(0, 2)), "e", null, VersionWord::number);
        finish(state);
        assertArrayEquals(
                ints(0, 1, 3),
                ASSEMBLY.result(state, 0).extras().get("top_p_token_offsets").data());
    }

    @Test
    void tensorsOfTwoKindsMakeNoGroup() {
        AttemptState state = attempt(2, 1);
        add(state.sample(0), piece(2, Finish.STOP, experts(0, 2, 1)));
        add(state.sample(1), piece(2, Finish.STOP, TensorPiece.ofTokens(EXPERTS, "U8", new byte[4], 0, 2)));
        finish(state);
        TensorsDifferException told = assertThrows(TensorsDifferException.class, () -> ASSEMBLY.result(state, 0));
        assertTrue(told.getMessage().contains("I32 and U8"), told.getMessage());
    }

    @Test
    void aSampleWithoutTensorsSaysNothingOfThem() {
        AttemptState state = attempt(1, 3);
        state.sample(0).add(piece(2, Finish.STOP), "e", null, VersionWord::number);
        finish(state);
        SampleHeader header = ASSEMBLY.result(state, 0).header().samples().getFirst();
        assertNull(header.tensors());
        assertEquals(SamplingParams.defaults(1).tensors(), header.tensors());
    }
}
