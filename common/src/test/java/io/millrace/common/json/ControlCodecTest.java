package io.millrace.common.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControlCodecTest {
    private static final Policy POLICY =
            new Policy(new Lineage(1), new WeightVersion(7), 224, Policy.State.READY, 1_000);

    private static final String JSON =
            "{\"v\":1,\"lineage\":1,\"weight_version\":7,\"trained_groups\":224,\"state\":\"ready\",\"since_ms\":1000,\"words\":{\"offset\":0,\"confirmed\":true,\"stated\":false,\"jump_max\":8}}";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String refusal(byte[] bytes) {
        return assertThrows(BadRecordException.class, () -> ControlCodec.decode(bytes, Policy.class))
                .getMessage();
    }

    @Test
    void aRecordComesBackAsItWent() throws Exception {
        assertEquals(POLICY, ControlCodec.decode(ControlCodec.encode(POLICY), Policy.class));
    }

    @Test
    void theFormNamesItsVersionFirst() {
        assertTrue(new String(ControlCodec.encode(POLICY), StandardCharsets.UTF_8).startsWith("{\"v\":1,"));
    }

    @Test
    void fieldsOfLaterReleasesAreIgnored() throws Exception {
        String later = JSON.replace("\"lineage\"", "\"unheard_of\":{\"deep\":[1,2]},\"lineage\"");
        assertEquals(POLICY, ControlCodec.decode(bytes(later), Policy.class));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'\"v\":2,'|2",
                "'\"v\":0,'|0",
                "'\"v\":\"1\",'|\"1\"",
                "'\"v\":1.5,'|1.5",
                "'\"v\":null,'|null",
                "''|''",
            })
    void anotherVersionIsRefusedWithBoth(String field, String shown) {
        String message = refusal(bytes(JSON.replace("\"v\":1,", field)));
        assertTrue(message.startsWith("Policy has version " + shown), message);
        assertTrue(message.endsWith("this reader knows 1"), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"''", "not json", "[1]", "12", "null", "\"text\"", "{\"v\":1", "{}{}"})
    void whatIsNoJsonObjectIsRefused(String text) {
        assertTrue(refusal(bytes(text)).startsWith("Policy "));
    }

    @Test
    void somethingBehindTheObjectIsRefused() {
        assertTrue(refusal(bytes(JSON + "x")).contains("malformed"));
        assertTrue(refusal(bytes(JSON + JSON)).contains("malformed"));
    }

    @Test
    void seededGarbageNeverGetsThroughNorThrowsAnythingElse() {
        Random random = new Random(20_261_123);
        for (int i = 0; i < 2_000; i++) {
            byte[] garbage = new byte[random.nextInt(200)];
            random.nextBytes(garbage);
            refusal(garbage);
        }
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] whole = bytes(JSON);
        for (int length = 0; length < whole.length; length++) {
            refusal(java.util.Arrays.copyOf(whole, length));
        }
    }

    @Test
    void aRecordAboveTheLimitIsRefusedUnread() {
        String message = refusal(new byte[ControlCodec.BYTES_MAX + 1]);
        assertEquals("Policy of 8388609 bytes, the limit is 8388608", message);
    }

    @Test
    void aValueOutOfRangeIsRefusedWithItsReason() {
        String message = refusal(bytes(JSON.replace("\"weight_version\":7", "\"weight_version\":-1")));
        assertTrue(message.contains("weight_version must be 0 or more, was -1"), message);
    }

    @Test
    void aMissingPartIsRefusedByName() {
        String message = refusal(bytes(JSON.replace("\"lineage\":1,", "")));
        assertTrue(message.contains("lineage"), message);
        assertTrue(refusal(bytes(JSON.replace("\"trained_groups\":224,", ""))).contains("trained_groups"));
    }

    @Test
    void anUnknownWordIsRefused() {
        assertTrue(refusal(bytes(JSON.replace("ready", "ASLEEP"))).contains("ASLEEP"));
    }

    @Test
    void endlessNestingIsRefusedWithoutOverflow() {
        refusal(bytes(JSON.replace("\"lineage\":1", "\"lineage\":" + "[".repeat(100_000))));
    }
}
