package io.millrace.common.units;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({"0,0", "1024,1024", "1B,1", "512KiB,524288", "16 MiB,16777216", "2gib,2147483648"})
    void aSizeIsBytesOrABinaryUnit(String text, long bytes) {
        assertEquals(bytes, ByteSize.parse(text).bytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1.5MiB", "1MB", "1TiB", "KiB", "9999999999999999", "999999999999999GiB"})
    void anythingElseIsNoSize(String text) {
        assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(text));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1023, 1024, 1 << 20, 3L << 30, (1 << 20) + 1})
    void aSizeIsWrittenAsItIsRead(long bytes) {
        assertEquals(new ByteSize(bytes), ByteSize.parse(new ByteSize(bytes).toString()));
    }

    @Test
    void aSizeAboveABuffersIsNoInt() {
        assertThrows(ArithmeticException.class, () -> new ByteSize(3L << 30).intBytes());
        assertThrows(IllegalArgumentException.class, () -> new ByteSize(-1));
    }

    @ParameterizedTest
    @CsvSource({"0s,0", "250ms,250", "0.5s,500", "10s,10000", "2m,120000", "1h,3600000", "1.5H,5400000", "' 1 s ',1000"
    })
    void aDurationHasAUnit(String text, long millis) {
        assertEquals(Duration.ofMillis(millis), Durations.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "-1s", "1d", "s", "1,5s", "1e3s"})
    void anythingElseIsNoDuration(String text) {
        assertThrows(IllegalArgumentException.class, () -> Durations.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0s", "1ms", "1500ms", "10s", "2m", "90s", "1h", "36h"})
    void aDurationIsWrittenAsItIsRead(String text) {
        assertEquals(text, Durations.format(Durations.parse(text)));
    }
}
