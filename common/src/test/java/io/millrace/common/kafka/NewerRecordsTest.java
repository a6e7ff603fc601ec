package io.millrace.common.kafka;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.config.SettingException;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.Policy;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class NewerRecordsTest {
    private static void read(String value) {
        ConsumerRecord<byte[], byte[]> record =
                new ConsumerRecord<>("exp.policy", 0, 17, null, value.getBytes(StandardCharsets.UTF_8));
        BadRecordException e =
                assertThrows(BadRecordException.class, () -> ControlCodec.decode(record.value(), Policy.class));
        NewerRecords.refuse(record, e);
    }

    @Test
    void whatANewerReleaseWroteEndsItsReaderInOneLineThatNamesThePlaceAndBothVersions() {
        assertEquals(
                "exp.policy holds, in partition 0 at offset 17, what a newer release has written (Policy has version 2, this"
                        + " reader knows 1): start this process by that release; nothing is passed over meanwhile",
                assertThrows(SettingException.class, () -> read("{\"v\":2}")).getMessage());
    }

    @Test
    void whatIsNoRecordOfOursMayBeSkipped() {
        assertDoesNotThrow(() -> read("{\"v\":0}"));
        assertDoesNotThrow(() -> read("{\"v\":\"2\"}"));
        assertDoesNotThrow(() -> read("{}"));
        assertDoesNotThrow(() -> read("garbage"));
    }
}
