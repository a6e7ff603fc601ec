package io.millrace.common.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.GroupKind;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {
    private static final String EXAMPLE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /** The example of the W3C recommendation. */
    @Test
    void aTraceparentIsReadAndWritten() {
        TraceContext context = TraceContext.parse(EXAMPLE).orElseThrow();
        assertEquals("4bf92f3577b34da6a3ce929d0e0e4736", context.traceId());
        assertEquals("00f067aa0ba902b7", context.spanId());
        assertTrue(context.sampled());
        assertEquals(EXAMPLE, context.traceparent());
        assertFalse(
                TraceContext.parse(EXAMPLE.replace("-01", "-00")).orElseThrow().sampled());
        RecordHeaders headers = new RecordHeaders();
        assertEquals(Optional.empty(), TraceContext.read(headers));
        TraceContext.of("other").write(headers);
        context.write(headers);
        assertEquals(Optional.of(context), TraceContext.read(headers));
        assertEquals(1, headers.toArray().length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            })
    void whatIsNoneIsNone(String text) {
        assertEquals(Optional.empty(), TraceContext.parse(text));
    }

    @Test
    void aLaterVersionIsReadByWhatIsKnownOfIt() {
        assertTrue(TraceContext.parse("01" + EXAMPLE.substring(2) + "-more").isPresent());
    }

    @Test
    void idsAreOfTheirWordsAndChildrenOfTheirTrace() {
        TraceContext root = TraceContext.of("run", "TRAINING", "7");
        assertEquals(root, TraceContext.of("run", "TRAINING", "7"));
        assertNotEquals(root.traceId(), TraceContext.of("run", "TRAINING", "8").traceId());
        TraceContext child = root.child("attempt", "2");
        assertEquals(root.traceId(), child.traceId());
        assertEquals(child, root.child("attempt", "2"));
        assertNotEquals(child.spanId(), root.child("attempt", "3").spanId());
    }

    @Test
    void aShareOfTheTracesIsAmongTheShare() {
        long among = IntStream.range(0, 2_000)
                .filter(group -> TraceContext.of("run", "" + group).isAmong(0.25))
                .count();
        assertTrue(among > 400 && among < 600, among + " of 2000");
        assertTrue(TraceContext.of("run").isAmong(1));
        assertFalse(TraceContext.of("run").isAmong(0));
    }

    /** One trace for a group, whichever process issues which attempt. */
    @Test
    void everyAttemptOfAGroupIsInItsOneTrace() {
        TraceSettings settings = new TraceSettings("http://127.0.0.1:9", 1);
        try (Tracing first = Tracing.start(settings, "millrace-producer", "run", Map.of());
                Tracing later = Tracing.start(settings, "millrace-producer", "run", Map.of())) {
            TraceContext one = first.issued(GroupKind.TRAINING, new GroupIndex(7), new Attempt(1));
            TraceContext two = later.issued(GroupKind.TRAINING, new GroupIndex(7), new Attempt(2));
            assertEquals(one, later.root(GroupKind.TRAINING, new GroupIndex(7)));
            assertEquals(one.traceId(), two.traceId());
            assertNotEquals(one.spanId(), two.spanId());
            assertNotEquals(
                    one.traceId(),
                    first.issued(GroupKind.EVALUATION, new GroupIndex(7), new Attempt(1))
                            .traceId());
        }
    }

    @Test
    void withoutAReceiverThereAreNoTraces() {
        Tracing none = Tracing.start(TraceSettings.NONE, "millrace-producer", "run", Map.of());
        assertFalse(none.isOn());
        assertNull(none.issued(GroupKind.TRAINING, new GroupIndex(7), new Attempt(1)));
        assertTrue(Tracing.start(
                        TraceSettings.NONE, "s", "run", Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"))
                .isOn());
        assertFalse(Tracing.start(
                        new TraceSettings("http://127.0.0.1:9", 1), "s", "run", Map.of("OTEL_SDK_DISABLED", "true"))
                .isOn());
    }
}
