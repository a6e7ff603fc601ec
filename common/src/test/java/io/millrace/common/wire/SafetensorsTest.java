package io.millrace.common.wire;

import static io.millrace.common.wire.TestingBlobs.blob;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
    private static final String A = "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}";

    @Test
    void aBlobHasExactlyTheBytesOfTheFormat() {
        LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("b", new Tensor("U8", new long[] {3}, new byte[] {1, 2, 3}));
        tensors.put("a", new Tensor("I16", new long[0], new byte[] {4, 5}));

        byte[] blob = Safetensors.write(Map.of("k", "v"), tensors);

        String header = "{\"__metadata__\":{\"k\":\"v\"},\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                + "\"a\":{\"dtype\":\"I16\",\"shape\":[],\"data_offsets\":[3,5]}}";
        String padded = header + " ".repeat(7 - (header.length() + 7) % 8);
        assertArrayEquals(blob(padded, (byte) 1, (byte) 2, (byte) 3, (byte) 4, (byte) 5), blob);
    }

    @Test
    void theDataBeginsAtAMultipleOfEightWhateverTheHeader() throws Exception {
        for (int length = 0; length < 20; length++) {
            byte[] blob = Safetensors.write(Map.of("k", "x".repeat(length)), new LinkedHashMap<>());
            assertEquals(0, blob.length % 8, "header with " + length + " letters");
            assertEquals("x".repeat(length), Safetensors.read(blob).metadata().get("k"));
        }
    }

    @Test
    void tensorsComeBackInTheOrderOfTheirDataWithTheirContent() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("z", TestingGroups.randomTensor(random, "F64", 2, 3));
        tensors.put("empty", TestingGroups.randomTensor(random, "F32", 4, 0));
        tensors.put("größe", TestingGroups.randomTensor(random, "BF16", 5));
        tensors.put("a", TestingGroups.randomTensor(random, "F8_E4M3", 1, 1, 1));

        SafetensorsView view = Safetensors.read(Safetensors.write(Map.of(), tensors));

        assertEquals(List.copyOf(tensors.keySet()), List.copyOf(view.entries().keySet()));
        tensors.forEach((name, tensor) -> assertEquals(tensor, view.tensor(name), name));
        assertEquals(Map.of(), view.metadata());
        assertThrows(IllegalArgumentException.class, () -> view.tensor("absent"));
    }

    @Test
    void tensorsMayStandInTheHeaderInAnotherOrderThanInTheData() throws Exception {
        SafetensorsView view = Safetensors.read(blob(
                "{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]},"
                        + "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}   ",
                (byte) 7,
                (byte) 8,
                (byte) 9));
        assertEquals(List.of("a", "b"), List.copyOf(view.entries().keySet()));
        assertEquals(9, view.data("b").get());
    }

    @Test
    void aStringOfThirtyMillionLettersIsReadBack() throws Exception {
        String large = "x".repeat(30_000_000);
        byte[] blob = Safetensors.write(Map.of("k", large), new LinkedHashMap<>());
        assertEquals(large, Safetensors.read(blob).metadata().get("k"));
    }

    @Test
    void aHeaderAboveTheLimitIsNotWritten() {
        SafetensorsLayout layout = new SafetensorsLayout(Map.of("k", "x".repeat(100_000_000)));
        BlobTooLargeException refusal = assertThrows(BlobTooLargeException.class, layout::allocate);
        assertEquals("the safetensors header has 100000025 bytes, the limit is 100000000", refusal.getMessage());
    }

    @Test
    void dataAboveTheLimitIsRefusedBeforeItIsAllocated() {
        SafetensorsLayout layout = new SafetensorsLayout(Map.of()).add("a", "F64", 200_000_000);
        assertTrue(assertThrows(BlobTooLargeException.class, () -> layout.add("b", "F64", 100_000_000))
                .getMessage()
                .startsWith("the data up to tensor b has 2400000000 bytes"));
        assertThrows(BlobTooLargeException.class, () -> layout.add("c", "F64", 1L << 62, 8));
    }

    @Test
    void namesThatWouldMakeABadHeaderAreNotWritten() {
        SafetensorsLayout layout = new SafetensorsLayout(Map.of()).add("a", "U8", 1);
        assertThrows(IllegalArgumentException.class, () -> layout.add("a", "U8", 1));
        assertThrows(IllegalArgumentException.class, () -> layout.add("__metadata__", "U8", 1));
        assertThrows(IllegalArgumentException.class, () -> layout.add("b", "U9", 1));
        assertThrows(IllegalArgumentException.class, () -> layout.add("b", "U8", -1));
        assertThrows(IllegalArgumentException.class, () -> layout.add("half \uD83D", "U8", 1));
        assertThrows(IllegalArgumentException.class, () -> new SafetensorsLayout(Map.of("k", "\uDE00")));
    }

    @Test
    void aBlobTooShortForItsHeaderLengthIsRefused() {
        assertRefused("too short for safetensors: 0 bytes, at least 8 needed", new byte[0]);
        assertRefused("too short for safetensors: 7 bytes, at least 8 needed", new byte[7]);
    }

    @Test
    void anAbsurdHeaderLengthIsRefused() {
        assertRefused("safetensors header length 100000001 is above the limit of 100000000 bytes", length(100_000_001));
        assertRefused(
                "safetensors header length 18446744073709551615 is above the limit of 100000000 bytes", length(-1));
        assertRefused("safetensors header of 100000000 bytes does not fit into a blob of 8 bytes", length(100_000_000));
        assertRefused("safetensors header of 1 bytes does not fit into a blob of 8 bytes", length(1));
    }

    @Test
    void aHeaderThatIsNoJsonObjectIsRefused() {
        String reason = "safetensors header is no JSON object: it does not begin with {";
        assertRefused(reason, blob(""));
        assertRefused(reason, blob("[]"));
        assertRefused(reason, blob(" {}"));
        assertRefused(reason, blob("{\0}\0"));
        assertMalformed(blob("{\"a\":"));
        assertMalformed(blob("{} {}"));
        assertMalformed(blob("{not json}"));
        byte[] notUtf8 = blob("{\"__metadata__\":{\"k\":\"?\"}}");
        notUtf8[Long.BYTES + 22] = (byte) 0xFF;
        assertMalformed(notUtf8);
        assertMalformed(blob("{\"a\":" + "[".repeat(100_000)));
    }

    @Test
    void duplicateNamesAreRefused() {
        assertRefused(
                "safetensors header is malformed: Duplicate Object property \"a\"",
                blob(A + "," + A.substring(1) + "}", (byte) 0, (byte) 0));
        assertRefused(
                "safetensors header is malformed: Duplicate Object property \"k\"",
                blob("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}"));
    }

    @Test
    void metadataThatAreNotStringsAreRefused() {
        assertRefused("safetensors __metadata__ is no JSON object", blob("{\"__metadata__\":[]}"));
        assertRefused("safetensors __metadata__.k is no string", blob("{\"__metadata__\":{\"k\":1}}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "5|tensor a has no dtype",
                "{\"shape\":[2],\"data_offsets\":[0,2]}|tensor a has no dtype",
                "{\"dtype\":8,\"shape\":[2],\"data_offsets\":[0,2]}|tensor a has no dtype",
                "{\"dtype\":\"U8\",\"data_offsets\":[0,2]}|tensor a has no shape",
                "{\"dtype\":\"U8\",\"shape\":[2]}|tensor a has no data_offsets",
                "{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2]}|tensor a needs 2 data_offsets, has 1",
                "{\"dtype\":\"U8\",\"shape\":[-2],\"data_offsets\":[0,2]}"
                        + "|tensor a has -2 in its shape, allowed are integers from 0",
                "{\"dtype\":\"U8\",\"shape\":[2.0],\"data_offsets\":[0,2]}"
                        + "|tensor a has 2.0 in its shape, allowed are integers from 0",
                "{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,99999999999999999999]}"
                        + "|tensor a has 99999999999999999999 in its data_offsets, allowed are integers from 0",
                "{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}"
                        + "|tensor a has data_offsets [0, 3] out of range, the data has 2 bytes",
                "{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,1]}"
                        + "|tensor a has data_offsets [2, 1] out of range, the data has 2 bytes",
                "{\"dtype\":\"U9\",\"shape\":[2],\"data_offsets\":[0,2]}|tensor a: unknown tensor dtype U9",
                "{\"dtype\":\"I16\",\"shape\":[2],\"data_offsets\":[0,2]}"
                        + "|tensor a of I16[2] needs 4 bytes, its data_offsets give 2",
                "{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,2]}"
                        + "|tensor a of U8[4294967296, 4294967296] is larger than any blob",
                "{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}"
                        + "|a hole of 1 bytes before the data of tensor a",
                "{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}|1 trailing bytes behind the last tensor",
            })
    void aRowThatCannotBeIsRefused(String row, String reason) {
        assertRefused(reason, blob("{\"a\":" + row + "}", (byte) 0, (byte) 0));
    }

    @Test
    void overlapsAndHolesBetweenTensorsAreRefused() {
        assertRefused(
                "the data of tensor b overlaps the tensor before it by 1 bytes",
                blob(A + ",\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", new byte[3]));
        assertRefused(
                "a hole of 2 bytes before the data of tensor b",
                blob(A + ",\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]}}", new byte[5]));
    }

    @Test
    void bytesWithoutAnyTensorAreRefused() {
        assertRefused("3 trailing bytes behind the last tensor", blob("{}", new byte[3]));
    }

    private static byte[] length(long headerBytes) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(headerBytes)
                .array();
    }

    private static void assertRefused(String reason, byte[] blob) {
        TestingBlobs.assertRefused(reason, () -> Safetensors.read(blob));
    }

    private static void assertMalformed(byte[] blob) {
        String reason = assertThrows(
                        BadRecordException.class,
                        () -> Safetensors.read(blob),
                        () -> new String(blob, StandardCharsets.UTF_8))
                .getMessage();
        assertTrue(reason.startsWith("safetensors header is malformed: "), reason);
    }
}
