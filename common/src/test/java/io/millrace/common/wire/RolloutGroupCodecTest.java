package io.millrace.common.wire;

import static io.millrace.common.wire.TestingBlobs.assertRefused;
import static io.millrace.common.wire.TestingBlobs.golden;
import static io.millrace.common.wire.TestingBlobs.with;
import static io.millrace.common.wire.TestingBlobs.withForm;
import static io.millrace.common.wire.TestingBlobs.withHeader;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import io.millrace.common.json.NewerRecordException;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.rollout.VersionSpan;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class RolloutGroupCodecTest {
    private static final String GOLDEN = "rollout-group.safetensors";

    /** What the golden file holds; it was packed without any of this code. */
    private static RolloutGroup goldenGroup() {
        SampleHeader first = new SampleHeader(
                14,
                2,
                3,
                "√4 = 2",
                new Reward(1.0, Json.object().put("score", 1.0).put("acc", true).put("pred", "2")),
                SampleStatus.COMPLETED,
                "stop",
                List.of(new VersionSpan(new WeightVersion(3), 0, 2), new VersionSpan(new WeightVersion(4), 2, 3)),
                SpanProvenance.SPANS,
                List.of("3", "4"),
                "s-14",
                "http://gpu-1:30000",
                1.5,
                0.25,
                1,
                new SampleHeader.SpecInfo(1, 2, 3, 4));
        SampleHeader second = new SampleHeader(
                15,
                2,
                0,
                "",
                Reward.of(0.0),
                SampleStatus.ABORTED,
                "abort",
                List.of(),
                SpanProvenance.ISSUE,
                List.of(),
                "s-15",
                "http://gpu-1:30000",
                1.5,
                0.25,
                1,
                null);
        GroupHeader header = new GroupHeader(
                new RunId("demo"),
                new GroupIndex(7),
                new Attempt(2),
                new Lineage(1),
                new WeightVersion(3),
                new WorkerIncarnation("host-1", "a1b2c3d4"),
                1750000000000L,
                1750000000100L,
                1750000002000L,
                new Prompt.Text("Größe \"x\"?"),
                "2",
                Json.object().put("rm_type", "dapo"),
                new RewardStats(0.5, 0.5),
                List.of(first, second));
        return new RolloutGroup(
                header,
                new int[] {11, 12, 21, 22, 151643, 11, 12},
                new float[] {-0.5f, -0.25f, 0},
                new byte[] {1, 0, 1},
                Map.of(
                        "top_p_ids",
                        new Tensor("I16", new long[] {2}, new byte[] {-2, -1, 44, 1}),
                        "routed_experts",
                        new Tensor("U8", new long[] {3, 2}, new byte[] {1, 2, 3, 4, 5, 6})));
    }

    @Test
    void aGroupIsWrittenByteForByteAsItsGolden() throws Exception {
        assertArrayEquals(golden(GOLDEN), RolloutGroupCodec.encode(goldenGroup()));
    }

    @Test
    void theGoldenIsReadAsItsGroup() throws Exception {
        TestingGroups.assertSame(goldenGroup(), RolloutGroupCodec.decode(golden(GOLDEN)));
        assertEquals(withoutTexts(goldenGroup()), RolloutGroupCodec.decodeHeader(golden(GOLDEN)));
    }

    private static GroupHeader withoutTexts(RolloutGroup group) {
        return group.header()
                .said(group.header().samples().stream().map(sample -> "").toList());
    }

    @Test
    void groupsOfAnyShapeComeBackTheSame() throws Exception {
        SplittableRandom random = new SplittableRandom(20261123);
        int empty = 0;
        int withExtras = 0;
        for (int i = 0; i < 3_000; i++) {
            RolloutGroup group = TestingGroups.random(random, random.nextLong(1L << 40));
            byte[] blob = RolloutGroupCodec.encode(group);
            TestingGroups.assertSame(group, RolloutGroupCodec.decode(blob));
            assertEquals(withoutTexts(group), RolloutGroupCodec.decodeHeader(blob));
            assertArrayEquals(blob, RolloutGroupCodec.encode(RolloutGroupCodec.decode(blob)), "group " + i);
            empty += group.logProbs().length == 0 ? 1 : 0;
            withExtras += group.extras().isEmpty() ? 0 : 1;
        }
        assertTrue(empty > 50 && withExtras > 1_000, empty + " without response, " + withExtras + " with extras");
    }

    @Test
    void aTextCutInsideALetterComesBackTheSame() throws Exception {
        GroupHeader h = goldenGroup().header();
        GroupHeader cut = new GroupHeader(
                h.run(),
                h.groupIndex(),
                h.attempt(),
                h.lineage(),
                h.issueVersion(),
                h.worker(),
                h.issuedAtMs(),
                h.claimedAtMs(),
                h.finishedAtMs(),
                h.prompt(),
                "half \uD83D",
                h.metadata(),
                h.rewards(),
                h.samples());
        RolloutGroup g = goldenGroup();
        byte[] written =
                RolloutGroupCodec.encode(new RolloutGroup(cut, g.tokens(), g.logProbs(), g.lossMask(), g.extras()));
        assertEquals("half \uD83D", RolloutGroupCodec.decodeHeader(written).label());
    }

    @Test
    void halfALetterOfAResponseIsAQuestionMark() throws Exception {
        RolloutGroup g = goldenGroup();
        GroupHeader cut = g.header().said(List.of("half \uD83D", "\uDE00 half"));
        List<SampleHeader> read = RolloutGroupCodec.decode(RolloutGroupCodec.encode(
                        new RolloutGroup(cut, g.tokens(), g.logProbs(), g.lossMask(), g.extras())))
                .header()
                .samples();
        assertEquals("half ?", read.getFirst().response());
        assertEquals("? half", read.getLast().response());
    }

    @Test
    void longTextsArePacked() throws Exception {
        RolloutGroup g = goldenGroup();
        GroupHeader prose = g.header().said(List.of("So x = 2, and y = 3. ".repeat(30), "No."));
        RolloutGroup group = new RolloutGroup(prose, g.tokens(), g.logProbs(), g.lossMask(), g.extras());
        byte[] blob = RolloutGroupCodec.encode(group);
        assertTrue(Safetensors.read(blob).entries().containsKey("responses.zst"));
        TestingGroups.assertSame(group, RolloutGroupCodec.decode(blob));
        // So regular that it is taken for no text of ours: then as it is.
        GroupHeader regular = g.header().said(List.of("a".repeat(1_000_000), ""));
        RolloutGroup plain = new RolloutGroup(regular, g.tokens(), g.logProbs(), g.lossMask(), g.extras());
        assertTrue(Safetensors.read(RolloutGroupCodec.encode(plain)).entries().containsKey("responses"));
        TestingGroups.assertSame(plain, RolloutGroupCodec.decode(RolloutGroupCodec.encode(plain)));
    }

    @Test
    void textsThatAreNotWhatTheirLengthsSayAreRefused() throws Exception {
        RolloutGroup g = goldenGroup();
        GroupHeader prose = g.header().said(List.of("So x = 2, and y = 3. ".repeat(30), "No."));
        byte[] packed =
                RolloutGroupCodec.encode(new RolloutGroup(prose, g.tokens(), g.logProbs(), g.lossMask(), g.extras()));
        assertRefused(
                "the texts of the responses have 8 bytes, response_bytes add up to 9",
                () -> RolloutGroupCodec.decode(with(golden(GOLDEN), "response_bytes", lengths(8, 1))));
        assertRefused(
                "tensor response_bytes has a negative length: -1",
                () -> RolloutGroupCodec.decode(with(golden(GOLDEN), "response_bytes", lengths(9, -1))));
        assertRefused(
                "the blob needs a tensor response_bytes of I32[2], has I32[1]",
                () -> RolloutGroupCodec.decode(with(golden(GOLDEN), "response_bytes", lengths(8))));
        assertRefused(
                "tensor responses.zst does not hold the 634 bytes that response_bytes add up to",
                () -> RolloutGroupCodec.decode(with(packed, "response_bytes", lengths(630, 4))));
        int size = Safetensors.read(packed).entries().get("responses.zst").sizeBytes();
        assertRefused(
                "the texts of the responses have " + size + " packed bytes, response_bytes add up to 2000000000",
                () -> RolloutGroupCodec.decode(with(packed, "response_bytes", lengths(2_000_000_000, 0))));
        Tensor garbage = new Tensor("U8", new long[] {size}, new byte[size]);
        String message = assertThrows(
                        BadRecordException.class,
                        () -> RolloutGroupCodec.decode(with(packed, "responses.zst", garbage)))
                .getMessage();
        assertTrue(message.startsWith("tensor responses.zst does not unpack: "), message);
        assertRefused(
                "the blob has both responses and responses.zst",
                () -> RolloutGroupCodec.decode(with(packed, "responses", garbage)));
    }

    private static Tensor lengths(int... values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asIntBuffer().put(values);
        return new Tensor("I32", new long[] {values.length}, data.array());
    }

    @Test
    void tokensHaveFourBytesWhereOneNeedsThem() throws Exception {
        RolloutGroup g = goldenGroup();
        for (int last : new int[] {0, (1 << 24) - 1, 1 << 24, Integer.MAX_VALUE}) {
            int[] tokens = g.tokens().clone();
            tokens[6] = last;
            RolloutGroup group = new RolloutGroup(g.header(), tokens, g.logProbs(), g.lossMask(), Map.of());
            byte[] blob = RolloutGroupCodec.encode(group);
            assertEquals(
                    last < 1 << 24 ? "U8" : "I32",
                    Safetensors.read(blob).entries().get("tokens").dtype());
            TestingGroups.assertSame(group, RolloutGroupCodec.decode(blob));
        }
    }

    @Test
    void aMaskOfOnesIsLeftOut() throws Exception {
        RolloutGroup g = goldenGroup();
        RolloutGroup group = new RolloutGroup(g.header(), g.tokens(), g.logProbs(), new byte[] {1, 1, 1}, Map.of());
        byte[] blob = RolloutGroupCodec.encode(group);
        assertFalse(Safetensors.read(blob).entries().containsKey("loss_mask"));
        TestingGroups.assertSame(group, RolloutGroupCodec.decode(blob));
    }

    @Test
    void tensorsInAnotherOrderAreReadToo() throws Exception {
        // Other writers sort tensors by dtype; only the names count.
        byte[] blob = RolloutGroupCodec.encode(goldenGroup());
        SafetensorsView view = Safetensors.read(blob);
        LinkedHashMap<String, Tensor> reversed = new LinkedHashMap<>();
        List.copyOf(view.entries().keySet()).reversed().forEach(name -> reversed.put(name, view.tensor(name)));
        TestingGroups.assertSame(goldenGroup(), RolloutGroupCodec.decode(Safetensors.write(view.metadata(), reversed)));
    }

    @Test
    void aBlobThatIsNotOursIsRefused() throws Exception {
        assertBothRefuse(
                "the blob has no __metadata__.millrace: it was not written by Millrace",
                withHeader(golden(GOLDEN), header -> header.remove("__metadata__")));
        assertBothRefuse("GroupHeader has version , this reader knows 2", withMetadata("[]"));
        assertBothRefuse(
                "the blob's header is no JSON object: it does not begin with {", withForm(golden(GOLDEN), "[1]"));
        assertBothRefuse(
                "the blob needs a tensor header of U8 with one dimension",
                with(golden(GOLDEN), "header", lengths(1, 2)));
    }

    @Test
    void anotherVersionOfTheFormIsRefused() throws Exception {
        byte[] newer = withMetadata("{\"v\":3}");
        assertEquals(
                "GroupHeader has version 3, this reader knows 2",
                assertThrows(NewerRecordException.class, () -> RolloutGroupCodec.decode(newer))
                        .getMessage());
        // The first form: its golden, and what its reader would say of this one.
        byte[] older = golden("rollout-group-1.safetensors");
        assertBothRefuse("GroupHeader has version 1, this reader knows 2: an earlier release wrote it", older);
    }

    private static byte[] withMetadata(String said) throws Exception {
        return withHeader(golden(GOLDEN), header -> ((ObjectNode) header.get("__metadata__")).put("millrace", said));
    }

    @Test
    void anUnknownFieldIsIgnored() throws Exception {
        TestingGroups.assertSame(
                goldenGroup(),
                RolloutGroupCodec.decode(withForm(golden(GOLDEN), form -> form.put("of_a_later_release", 1))));
    }

    @Test
    void headerValuesOutOfRangeAreRefused() throws Exception {
        assertMalformed("attempt must be 1 or more, was 0", form -> form.put("attempt", 0));
        assertMalformed("sample 0 of group 8 must have index 16, has 14", form -> form.put("group_index", 8));
        assertMalformed("worker", form -> form.remove("worker"));
        assertMalformed("a group has at least one sample", form -> form.putArray("samples"));
        assertMalformedBlob("Unexpected end-of-input", withForm(golden(GOLDEN), "{\"v\":2,"));
    }

    @Test
    void aMissingTensorIsRefused() {
        for (String name : List.of("tokens", "log_probs")) {
            SafetensorsView view = view();
            LinkedHashMap<String, Tensor> others = new LinkedHashMap<>();
            view.entries().keySet().stream()
                    .filter(other -> !other.equals(name))
                    .forEach(other -> others.put(other, view.tensor(other)));
            byte[] blob = Safetensors.write(view.metadata(), others);
            assertRefused("the blob has no tensor " + name, () -> RolloutGroupCodec.decode(blob));
        }
    }

    @Test
    void aTensorOfAnotherLengthThanTheSamplesIsRefused() throws Exception {
        byte[] blob = withForm(golden(GOLDEN), form -> sample(form, 1).put("prompt_length", 3));
        assertRefused(
                "tensor tokens must be I32[8] or U8[8, 3] by the samples' lengths, is U8[7, 3]",
                () -> RolloutGroupCodec.decode(blob));
    }

    @Test
    void aTensorOfAnotherTypeOrShapeIsRefused() throws Exception {
        assertRefused(
                "tensor tokens must be I32[7] or U8[7, 3] by the samples' lengths, is I8[7, 3]",
                () -> RolloutGroupCodec.decode(
                        withHeader(golden(GOLDEN), header -> ((ObjectNode) header.get("tokens")).put("dtype", "I8"))));
        assertRefused(
                "tensor log_probs must be F32[3] by the samples' lengths, is F32[3, 1]",
                () -> RolloutGroupCodec.decode(withHeader(
                        golden(GOLDEN),
                        header -> ((ArrayNode) header.get("log_probs").get("shape")).add(1))));
    }

    @Test
    void hugeLengthsThatCancelOutAreRefused() throws Exception {
        byte[] blob = withForm(golden(GOLDEN), form -> {
            // As ints the two would add up to the 7 tokens that are there.
            sample(form, 0).put("prompt_length", Integer.MAX_VALUE);
            sample(form, 1).put("prompt_length", Integer.MAX_VALUE);
        });
        assertRefused(
                "tensor tokens must be I32[4294967297] or U8[4294967297, 3] by the samples' lengths, is U8[7, 3]",
                () -> RolloutGroupCodec.decode(blob));
    }

    @Test
    void tensorValuesOutOfRangeAreRefused() throws Exception {
        assertRefused(
                "one of the tokens is negative",
                () -> RolloutGroupCodec.decode(with(golden(GOLDEN), "tokens", lengths(1, 2, 3, 4, 5, -1, 7))));
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            assertRefused(
                    "one of the log_probs is not finite",
                    () -> RolloutGroupCodec.decode(patched("log_probs", 4, Float.floatToRawIntBits(bad))));
        }
        assertRefused(
                "one of the log_probs is not finite",
                () -> RolloutGroupCodec.decode(patched("log_probs", 8, 0xffc0_0001)));
        byte[] blob = golden(GOLDEN);
        blob[Safetensors.read(blob).entries().get("loss_mask").begin() + 2] = 2;
        assertRefused("one of the loss_mask is neither 0 nor 1", () -> RolloutGroupCodec.decode(blob));
    }

    @Test
    void aLogProbabilityAboveZeroIsFound() throws Exception {
        assertEquals(0f, PackedGroup.read(golden(GOLDEN)).largestPositiveLogProb());
        assertEquals(
                0f,
                PackedGroup.read(patched("log_probs", 8, Float.floatToRawIntBits(-7)))
                        .largestPositiveLogProb());
        assertEquals(
                3f,
                PackedGroup.read(patched("log_probs", 0, Float.floatToRawIntBits(3)))
                        .largestPositiveLogProb());
    }

    @Test
    void theHeaderIsReadWithoutLookingAtTheValues() throws Exception {
        assertEquals(
                withoutTexts(goldenGroup()),
                RolloutGroupCodec.decodeHeader(patched("log_probs", 0, Float.floatToRawIntBits(Float.NaN))));
    }

    @Test
    void anExtraWithAReservedNameIsNotWritten() {
        RolloutGroup g = goldenGroup();
        RolloutGroup group = new RolloutGroup(
                g.header(),
                g.tokens(),
                g.logProbs(),
                g.lossMask(),
                Map.of("__metadata__", new Tensor("U8", new long[] {0}, new byte[0])));
        assertThrows(IllegalArgumentException.class, () -> RolloutGroupCodec.encode(group));
    }

    private static SafetensorsView view() {
        try {
            return Safetensors.read(RolloutGroupCodec.encode(goldenGroup()));
        } catch (BadRecordException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] patched(String tensor, int at, int bits) throws Exception {
        byte[] blob = golden(GOLDEN);
        int begin = Safetensors.read(blob).entries().get(tensor).begin();
        ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN).putInt(begin + at, bits);
        return blob;
    }

    private static ObjectNode sample(ObjectNode form, int i) {
        return (ObjectNode) form.get("samples").get(i);
    }

    private static void assertBothRefuse(String reason, byte[] blob) {
        assertRefused(reason, () -> RolloutGroupCodec.decode(blob));
        assertRefused(reason, () -> RolloutGroupCodec.decodeHeader(blob));
    }

    private static void assertMalformed(String reason, Consumer<ObjectNode> change) throws Exception {
        assertMalformedBlob(reason, withForm(golden(GOLDEN), change));
    }

    private static void assertMalformedBlob(String reason, byte[] blob) {
        String message = assertThrows(BadRecordException.class, () -> RolloutGroupCodec.decode(blob))
                .getMessage();
        assertTrue(message.startsWith("GroupHeader is malformed: ") && message.contains(reason), message);
    }
}
