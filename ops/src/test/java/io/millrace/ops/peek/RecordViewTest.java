package io.millrace.ops.peek;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.ops.text.Shortening;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class RecordViewTest {
    private static ConsumerRecord<byte[], byte[]> record(byte[] value) {
        return new ConsumerRecord<>("r.topic", 2, 17, "5".getBytes(StandardCharsets.UTF_8), value);
    }

    @Test
    void aBrokenRecordIsShownWithItsPlaceAndTheReason() {
        List<String> lines = new RecordView(PeekTopic.RECEIPTS, false)
                .lines(record("{\"v\":1,\"group_index\":-4}".getBytes(StandardCharsets.UTF_8)));
        assertTrue(lines.getFirst().startsWith("r.topic partition 2 offset 17  key 5"), lines.toString());
        assertTrue(lines.get(1).startsWith("BROKEN: Receipt is malformed: "), lines.toString());
        assertEquals("begins with: {\"v\":1,\"group_index\":-4}", lines.get(2));
    }

    @Test
    void aResultWithoutItsTypeIsBroken() {
        List<String> lines = new RecordView(PeekTopic.RESULTS, false).lines(record(new byte[] {0, 65, 66}));
        assertTrue(lines.get(1).contains("millrace-type is absent"), lines.toString());
        assertEquals("begins with: .AB", lines.get(2));
    }

    @Test
    void anAbandonedMarkerAmongTheResultsIsReadAsOne() {
        ConsumerRecord<byte[], byte[]> record =
                record(ControlCodec.encode(new AbandonedMarker(new GroupIndex(5), new Attempt(3), "x".repeat(400))));
        ResultHeaders.writeType(record.headers(), ResultHeaders.Type.ABANDONED);
        String cut = String.join("\n", new RecordView(PeekTopic.RESULTS, false).lines(record));
        assertTrue(cut.contains("\"last_attempt\" : 3"), cut);
        assertTrue(cut.contains("... 400 characters in all"), cut);
        String full = String.join("\n", new RecordView(PeekTopic.RESULTS, true).lines(record));
        assertTrue(full.contains("x".repeat(400)), full);
        assertFalse(full.contains("in all"), full);
    }

    @Test
    void aTombstoneIsNamed() {
        assertTrue(new RecordView(PeekTopic.WORKERS, false)
                .lines(record(null))
                .get(1)
                .contains("tombstone"));
    }

    @Test
    void longArraysOfNumbersAreCutWithTheirLength() {
        var array = io.millrace.common.json.Json.MAPPER.createArrayNode();
        for (int i = 0; i < 50; i++) {
            array.add(i);
        }
        var cut = Shortening.shorten(array);
        assertEquals(13, cut.size());
        assertEquals("... 50 in all", cut.path(12).stringValue());
        assertEquals(50, array.size());
    }

    @Test
    void aGroupIsShownWithItsTensors() throws IOException {
        ConsumerRecord<byte[], byte[]> record = record(file("/golden/rollout-group.safetensors"));
        ResultHeaders.writeType(record.headers(), ResultHeaders.Type.GROUP);
        assertEquals(
                new String(file("/golden/peek-group.json"), StandardCharsets.UTF_8).strip(),
                new RecordView(PeekTopic.RESULTS, true).lines(record).get(1));
    }

    private static byte[] file(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(RecordViewTest.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        }
    }
}
