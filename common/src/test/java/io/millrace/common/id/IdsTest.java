package io.millrace.common.id;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {
    static Stream<Arguments> numbers() {
        return Stream.of(
                number("group_index", 0, GroupIndex::new),
                number("attempt", 1, Attempt::new),
                number("lineage", 0, Lineage::new),
                number("step", 0, StepNumber::new),
                number("weight_version", 0, WeightVersion::new));
    }

    private static Arguments number(String name, long first, LongFunction<Object> maker) {
        return Arguments.of(name, first, maker);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("numbers")
    void aNumberBelowItsFirstIsRefusedByName(String name, long first, LongFunction<Object> maker) {
        assertDoesNotThrow(() -> maker.apply(first));
        String message = assertThrows(IllegalArgumentException.class, () -> maker.apply(first - 1))
                .getMessage();
        assertEquals(name + " must be " + first + " or more, was " + (first - 1), message);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("numbers")
    void aNumberStandsBareInJson(String name, long first, LongFunction<Object> maker) {
        Object id = maker.apply(first + 41);
        String json = Json.MAPPER.writeValueAsString(id);
        assertEquals(Long.toString(first + 41), json);
        assertEquals(id, Json.MAPPER.readValue(json, id.getClass()));
    }

    @Test
    void theLastNumberHasNoNext() {
        assertEquals(new GroupIndex(8), new GroupIndex(7).next());
        assertThrows(ArithmeticException.class, () -> new GroupIndex(Long.MAX_VALUE).next());
        assertThrows(ArithmeticException.class, () -> new Attempt(Long.MAX_VALUE).next());
        assertThrows(ArithmeticException.class, () -> new StepNumber(Long.MAX_VALUE).next());
        assertThrows(ArithmeticException.class, () -> new WeightVersion(Long.MAX_VALUE).next());
        assertThrows(ArithmeticException.class, () -> new Lineage(Long.MAX_VALUE).next());
    }

    @Test
    void groupsAreOrderedByNumberNotByText() {
        assertEquals(
                List.of(new GroupIndex(2), new GroupIndex(10)),
                Stream.of(new GroupIndex(10), new GroupIndex(2)).sorted().toList());
    }

    @Test
    void sampleIndicesAreContiguousOverGroups() {
        assertEquals(0, new GroupIndex(0).sampleIndex(0, 8));
        assertEquals(7, new GroupIndex(0).sampleIndex(7, 8));
        assertEquals(8, new GroupIndex(1).sampleIndex(0, 8));
        assertEquals(803, new GroupIndex(100).sampleIndex(3, 8));
    }

    @Test
    void aSampleOutsideItsGroupIsRefused() {
        assertThrows(IndexOutOfBoundsException.class, () -> new GroupIndex(1).sampleIndex(8, 8));
        assertThrows(IndexOutOfBoundsException.class, () -> new GroupIndex(1).sampleIndex(-1, 8));
        assertThrows(ArithmeticException.class, () -> new GroupIndex(Long.MAX_VALUE).sampleIndex(0, 8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "0", "demo", "run-2_b", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"})
    void aRunIdTakesWhatATopicPrefixTakes(String text) {
        assertEquals(text, new RunId(text).toString());
        assertEquals('"' + text + '"', Json.MAPPER.writeValueAsString(new RunId(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-a",
                "_a",
                "Demo",
                "a.b",
                "a b",
                "a/b",
                "é",
                "a\n",
                "x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            })
    void anyOtherRunIdIsRefusedWithTheForm(String text) {
        String message = assertThrows(IllegalArgumentException.class, () -> new RunId(text))
                .getMessage();
        assertTrue(message.contains("1 to 64 of a-z 0-9 - _") && message.contains("'" + text + "'"), message);
    }

    @Test
    void everyStartOfAWorkerIsAnotherIncarnation() {
        WorkerIncarnation first = WorkerIncarnation.start("host-1");
        WorkerIncarnation second = WorkerIncarnation.start("host-1");
        assertEquals(first.workerId(), second.workerId());
        assertNotEquals(first.incarnation(), second.incarnation());
        assertNotEquals(first.key(), second.key());
        assertEquals("host-1/" + first.incarnation(), first.key());
    }

    @Test
    void aWorkerWithoutANameIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new WorkerIncarnation(" ", "a"));
        assertThrows(IllegalArgumentException.class, () -> new WorkerIncarnation("a", ""));
        assertThrows(NullPointerException.class, () -> new WorkerIncarnation("a", null));
    }
}
