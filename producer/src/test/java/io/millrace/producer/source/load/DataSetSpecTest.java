package io.millrace.producer.source.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.producer.source.load.DataSetSpec.Slice;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataSetSpecTest {
    @ParameterizedTest
    @CsvSource({
        "a.jsonl,0,9223372036854775807,a.jsonl",
        "a.jsonl@[:],0,9223372036854775807,a.jsonl",
        "a.jsonl@[5:],5,9223372036854775807,a.jsonl@[5:]",
        "a.jsonl@[:7],0,7,a.jsonl@[:7]",
        "a.jsonl@[5:7],5,7,a.jsonl@[5:7]",
        "a.jsonl@[ 5 : 7 ],5,7,a.jsonl@[5:7]",
    })
    void aSliceMeansWhatItMeansInPython(String text, long from, long to, String shown) {
        DataSetSpec spec = DataSetSpec.parse(text);
        assertEquals(new DataSetSpec(Path.of("a.jsonl"), new Slice(from, to)), spec);
        assertEquals(shown, spec.toString());
    }

    @Test
    void aDirectoryNameThatLooksLikeASliceIsAPath() {
        assertEquals(
                Path.of("run@[1/a.jsonl"), DataSetSpec.parse("run@[1/a.jsonl").path());
        assertEquals(
                Path.of("me@host/a[1].jsonl"),
                DataSetSpec.parse("me@host/a[1].jsonl").path());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a.jsonl@[5:5]",
                "a.jsonl@[7:5]",
                "a.jsonl@[:0]",
                "a.jsonl@[-1:]",
                "a.jsonl@[:-1]",
                "a.jsonl@[5]",
                "a.jsonl@[1:2:3]",
                "a.jsonl@[x:y]",
                "a.jsonl@[]",
                "a.jsonl@[1:2",
                "a.jsonl@[1:99999999999999999999]",
                "@[1:2]",
                "",
                "a\0b.jsonl",
            })
    void whatIsNoDataSetIsRefusedNamingItAndTheForm(String text) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> DataSetSpec.parse(text));
        assertTrue(refused.getMessage().contains("'" + text + "'"), refused::getMessage);
        assertTrue(refused.getMessage().endsWith("expected path or path@[a:b]"), refused::getMessage);
    }

    @Test
    void aNegativeBoundIsNamedAsSuch() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> DataSetSpec.parse("a.jsonl@[-5:]"))
                .getMessage()
                .contains("negative"));
    }

    @Test
    void anEmptySliceCannotBeMade() {
        assertThrows(IllegalArgumentException.class, () -> new Slice(3, 3));
        assertThrows(IllegalArgumentException.class, () -> new Slice(-1, 3));
    }
}
