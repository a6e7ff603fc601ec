package io.millrace.common.wire;

import static io.millrace.common.wire.TestingBlobs.assertRefused;
import static io.millrace.common.wire.TestingBlobs.withForm;
import static io.millrace.common.wire.TestingBlobs.withHeader;
import static io.millrace.common.wire.TestingGroups.randomTensor;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.Tensor;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class RolloutBatchCodecTest {
    private static final BatchHeader HEADER =
            new BatchHeader(TestingGroups.RUN, new Lineage(1), new StepNumber(5), new WeightVersion(9), null, 0);

    @Test
    void batchesOfAnyShapeComeBackTheSame() throws Exception {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 300; i++) {
            List<RolloutGroup> groups = new ArrayList<>();
            for (long index = random.nextInt(5); groups.size() < 1 + i % 7; index += 1 + random.nextInt(9)) {
                groups.add(TestingGroups.random(random, index));
            }
            byte[] blob = RolloutBatchCodec.encode(HEADER, groups);
            RolloutBatch batch = RolloutBatchCodec.decode(blob);
            assertEquals(HEADER, batch.header());
            assertEquals(groups.size(), batch.groups().size());
            for (int g = 0; g < groups.size(); g++) {
                TestingGroups.assertSame(groups.get(g), batch.groups().get(g));
            }
            assertArrayEquals(blob, RolloutBatchCodec.encode(batch.header(), batch.groups()));
        }
    }

    @Test
    void tokensStandBackToBackInOrderOfTheGroups() throws Exception {
        List<RolloutGroup> groups = threeGroups();
        IntBuffer tokens = Safetensors.read(RolloutBatchCodec.encode(HEADER, groups))
                .data("tokens")
                .asIntBuffer();
        for (RolloutGroup group : groups) {
            int[] values = new int[group.tokens().length];
            tokens.get(values);
            assertArrayEquals(group.tokens(), values);
        }
        assertEquals(0, tokens.remaining());
    }

    @Test
    void anExtraThatAllGroupsHaveIsConcatenatedAndTheOthersKeepTheirGroup() throws Exception {
        SafetensorsView view = Safetensors.read(RolloutBatchCodec.encode(HEADER, threeGroups()));
        assertEquals(
                Set.of(
                        "tokens",
                        "log_probs",
                        "loss_mask",
                        "header",
                        "response_bytes",
                        "responses", // always
                        "same", // in all, F32, one dimension
                        "matrix.3",
                        "matrix.4",
                        "matrix.8", // two dimensions
                        "mixed.3",
                        "mixed.4",
                        "mixed.8", // different dtypes
                        "some.4"), // in one group only
                view.entries().keySet());
        assertEquals(List.of(6L), view.entries().get("same").shape());
        assertEquals(List.of(2L, 2L), view.entries().get("matrix.8").shape());
    }

    @Test
    void groupsThatMakeNoBatchAreNotWritten() {
        SplittableRandom random = new SplittableRandom(1);
        RolloutGroup three = TestingGroups.random(random, 3);
        RolloutGroup four = TestingGroups.random(random, 4);
        assertNotWritten("a batch has at least one group", HEADER, List.of());
        assertNotWritten(
                "groups of a batch must ascend by index, each once: group 3 follows group 4",
                HEADER,
                List.of(four, three));
        assertNotWritten(
                "groups of a batch must ascend by index, each once: group 3 follows group 3",
                HEADER,
                List.of(three, three));
        assertNotWritten(
                "group 3 is of run testing, the batch of run other",
                new BatchHeader(new RunId("other"), new Lineage(0), new StepNumber(0), new WeightVersion(0), null, 0),
                List.of(three));
    }

    @Test
    void extrasWhoseNamesWouldMeetAreNotWritten() {
        SplittableRandom random = new SplittableRandom(1);
        Tensor matrix = randomTensor(random, "U8", 1, 1);
        Tensor vector = randomTensor(random, "U8", 1);
        assertNotWritten(
                "two tensors are called a.3",
                HEADER,
                List.of(TestingGroups.random(random, 3, Map.of("a", matrix, "a.3", vector))));
    }

    @Test
    void aBatchWhosePartsDoNotFitTogetherIsRefused() {
        byte[] blob = RolloutBatchCodec.encode(HEADER, threeGroups());
        assertRefused(
                "BatchForm has version 3, this reader knows 2",
                decode(withHeader(
                        blob, header -> ((ObjectNode) header.get("__metadata__")).put("millrace", "{\"v\":3}"))));
        assertRefused(
                "the blob holds no batch: group 3 is of run testing, the batch of run other",
                decode(withForm(blob, form -> form.put("run", "other"))));
        assertMalformed("step", withForm(blob, form -> form.remove("step")));
        assertMalformed("extras", withForm(blob, form -> form.remove("extras")));
        String message = assertThrows(
                        BadRecordException.class,
                        decode(withForm(blob, form -> ((ArrayNode) form.get("groups")).remove(2))))
                .getMessage();
        assertTrue(message.startsWith("tensor tokens must be I32["), message);
    }

    @Test
    void anEmptyBatchIsRefused() {
        byte[] form = """
                {"v":2,"run":"r","lineage":0,"step":0,"weight_version":0,"masked_tokens":0,\
                "extras":{"concatenated":{},"single":[]},"groups":[]}""".getBytes(StandardCharsets.UTF_8);
        String header = """
                {"__metadata__":{"millrace":"{\\"v\\":2}"},\
                "header":{"dtype":"U8","shape":[LENGTH],"data_offsets":[0,LENGTH]},\
                "tokens":{"dtype":"I32","shape":[0],"data_offsets":[LENGTH,LENGTH]},\
                "log_probs":{"dtype":"F32","shape":[0],"data_offsets":[LENGTH,LENGTH]},\
                "response_bytes":{"dtype":"I32","shape":[0],"data_offsets":[LENGTH,LENGTH]},\
                "loss_mask":{"dtype":"U8","shape":[0],"data_offsets":[LENGTH,LENGTH]}}""".replace("LENGTH", String.valueOf(form.length));
        assertRefused(
                "the blob holds no batch: a batch has at least one group", decode(TestingBlobs.blob(header, form)));
    }

    @Test
    void aTableOfExtrasThatDoesNotFitTheTensorsIsRefused() {
        byte[] blob = RolloutBatchCodec.encode(HEADER, threeGroups());
        assertRefused(
                "extra tensor same does not have the 7 values of the group at position 0",
                decode(withCounts(blob, 7, 2, 3)));
        assertRefused(
                "extra tensor same does not have the -1 values of the group at position 1",
                decode(withCounts(blob, 1, -1, 3)));
        assertRefused("extra tensor same has 4 bytes that no group claims", decode(withCounts(blob, 1, 2, 2)));
        assertRefused(
                "extra tensor same needs one dimension and 3 counts, has shape [6] and 2 counts",
                decode(withCounts(blob, 3, 3)));
        assertRefused(
                "tensors that no group claims: [matrix.3]",
                decode(withForm(blob, form -> single(form).remove(0))));
        assertRefused(
                "extra tensor matrix.5 is absent, or claimed twice",
                decode(withForm(blob, form -> ((ObjectNode) single(form).get(0)).put("group_index", 5))));
        assertRefused(
                "extra tensor matrix.3 is absent, or claimed twice",
                decode(withForm(
                        blob, form -> single(form).add(single(form).get(0).deepCopy()))));
        byte[] renamed = withHeader(blob, header -> header.set("matrix.5", header.remove("matrix.3")));
        assertRefused(
                "extra tensor matrix is of group 5, which the batch lacks",
                decode(withForm(renamed, form -> ((ObjectNode) single(form).get(0)).put("group_index", 5))));
    }

    @Test
    void anExtraThatIsBothConcatenatedAndSingleIsRefused() {
        SplittableRandom random = new SplittableRandom(1);
        byte[] blob = RolloutBatchCodec.encode(
                HEADER,
                List.of(TestingGroups.random(
                        random, 3, Map.of("a", randomTensor(random, "U8", 2), "b", randomTensor(random, "U8", 1, 1)))));
        byte[] twice = withForm(
                withHeader(blob, header -> header.set("a.3", header.remove("b.3"))),
                form -> ((ObjectNode) single(form).get(0)).put("name", "a"));
        assertRefused("group 3 has two extra tensors a", decode(twice));
    }

    private static List<RolloutGroup> threeGroups() {
        SplittableRandom random = new SplittableRandom(3);
        return List.of(
                TestingGroups.random(random, 3, extras(random, 1, "U8")),
                TestingGroups.random(random, 4, withSome(random, extras(random, 2, "I8"))),
                TestingGroups.random(random, 8, extras(random, 3, "U8")));
    }

    private static Map<String, Tensor> extras(SplittableRandom random, int count, String mixedDtype) {
        return new HashMap<>(Map.of(
                "same", randomTensor(random, "F32", count),
                "matrix", randomTensor(random, "F32", 2, 2),
                "mixed", randomTensor(random, mixedDtype, 2)));
    }

    private static Map<String, Tensor> withSome(SplittableRandom random, Map<String, Tensor> extras) {
        extras.put("some", randomTensor(random, "U8", 2));
        return extras;
    }

    private static byte[] withCounts(byte[] blob, long... counts) {
        return withForm(blob, form -> {
            ArrayNode node = ((ObjectNode) form.get("extras").get("concatenated")).putArray("same");
            Arrays.stream(counts).forEach(node::add);
        });
    }

    private static ArrayNode single(ObjectNode form) {
        return (ArrayNode) form.get("extras").get("single");
    }

    private static Executable decode(byte[] blob) {
        return () -> RolloutBatchCodec.decode(blob);
    }

    private static void assertMalformed(String reason, byte[] blob) {
        String message = assertThrows(BadRecordException.class, decode(blob)).getMessage();
        assertTrue(message.startsWith("BatchForm is malformed: ") && message.contains(reason), message);
    }

    private static void assertNotWritten(String reason, BatchHeader header, List<RolloutGroup> groups) {
        assertEquals(
                reason,
                assertThrows(IllegalArgumentException.class, () -> RolloutBatchCodec.encode(header, groups))
                        .getMessage());
    }
}
