package io.millrace.common.wire;

import static io.millrace.common.wire.TestingBlobs.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class ResultHeadersTest {
    private static final GroupIndex GROUP = new GroupIndex(7);
    private static final byte[] DATA = {1, 2, 3};
    private static final Part PART = new Part(
            new PartKey(GROUP, new Attempt(2), new WorkerIncarnation("höst/1", "a1")),
            2,
            3,
            0x0000beef,
            0xfedcba98,
            DATA);

    @Test
    void everyTypeIsReadBack() throws Exception {
        for (ResultHeaders.Type type : ResultHeaders.Type.values()) {
            Headers headers = new RecordHeaders();
            ResultHeaders.writeType(headers, type);
            assertEquals(type, ResultHeaders.readType(headers));
            assertEquals(type.word(), text(headers, "millrace-type"));
        }
    }

    @Test
    void aRecordWithoutATypeOrWithAnotherIsRefused() {
        Headers headers = new RecordHeaders();
        assertRefused("header millrace-type is absent", () -> ResultHeaders.readType(headers));
        headers.add("millrace-type", "Group".getBytes(StandardCharsets.UTF_8));
        assertRefused(
                "header millrace-type must be group, part or abandoned, was 'Group'",
                () -> ResultHeaders.readType(headers));
        headers.add("millrace-type", null);
        assertRefused("header millrace-type is absent", () -> ResultHeaders.readType(headers));
    }

    @Test
    void aPartIsReadBackFromItsHeaders() throws Exception {
        Headers headers = headers();
        assertEquals(ResultHeaders.Type.PART, ResultHeaders.readType(headers));
        assertEquals("2/3", text(headers, "millrace-part"));
        assertEquals("0000beef", text(headers, "millrace-blob-crc32c"));
        Part read = ResultHeaders.readPart(headers, GROUP, DATA);
        assertEquals(PART.key(), read.key());
        assertEquals(2, read.number());
        assertEquals(3, read.count());
        assertEquals(PART.blobCrc32c(), read.blobCrc32c());
        assertEquals(PART.partCrc32c(), read.partCrc32c());
        assertArrayEquals(DATA, read.data());
    }

    @Test
    void writingTwiceLeavesOneOfEachHeader() {
        Headers headers = headers();
        ResultHeaders.writePart(headers, PART);
        assertEquals(7, headers.toArray().length);
    }

    @Test
    void aPartWithAnAbsentHeaderOrValueIsRefused() {
        for (String name : new String[] {
            "millrace-attempt",
            "millrace-worker",
            "millrace-incarnation",
            "millrace-part",
            "millrace-blob-crc32c",
            "millrace-part-crc32c"
        }) {
            Headers headers = headers();
            headers.remove(name);
            assertRefused("header " + name + " is absent", () -> ResultHeaders.readPart(headers, GROUP, DATA));
        }
        assertRefused("a part of group 7 has no value", () -> ResultHeaders.readPart(headers(), GROUP, null));
    }

    @Test
    void aPartWithAMalformedHeaderIsRefused() {
        assertMalformed("millrace-part", "3", "header millrace-part must be number/count, was '3'");
        assertMalformed(
                "millrace-part", "1/9999999999", "header millrace-part must be number/count, was '1/9999999999'");
        assertMalformed(
                "millrace-part",
                "4/3",
                "headers of a part of group 7: a part's number must be 1 to count, its count 2 or more, was 4/3");
        assertMalformed(
                "millrace-part-crc32c",
                "FEDCBA98",
                "header millrace-part-crc32c must be 8 hexadecimal digits, was 'FEDCBA98'");
        assertMalformed("millrace-attempt", "x", "headers of a part of group 7: For input string: \"x\"");
        assertMalformed("millrace-attempt", "0", "headers of a part of group 7: attempt must be 1 or more, was 0");
        assertMalformed(
                "millrace-worker", " ", "headers of a part of group 7: worker_id and incarnation must not be blank");
    }

    private static Headers headers() {
        Headers headers = new RecordHeaders();
        ResultHeaders.writePart(headers, PART);
        return headers;
    }

    private static void assertMalformed(String name, String text, String reason) {
        Headers headers = headers();
        headers.add(name, text.getBytes(StandardCharsets.UTF_8));
        assertRefused(reason, () -> ResultHeaders.readPart(headers, GROUP, DATA));
    }

    private static String text(Headers headers, String name) {
        return new String(headers.lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
