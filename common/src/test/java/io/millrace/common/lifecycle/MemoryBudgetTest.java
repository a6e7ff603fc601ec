package io.millrace.common.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.common.units.ByteSize;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
    private static SequencedMap<String, ByteSize> limits() {
        SequencedMap<String, ByteSize> limits = new LinkedHashMap<>();
        limits.put("--payload-memory-max", new ByteSize(512L << 20));
        limits.put("--parts-memory-max", new ByteSize(256L << 20));
        return limits;
    }

    @Test
    void limitsThatTogetherPassThreeQuartersOfTheHeapAreNamedWithTheNumbers() {
        assertNull(new MemoryBudget(1024L << 20).warning(limits()));
        assertEquals(
                "--payload-memory-max 512MiB, --parts-memory-max 256MiB: together up to 768 MiB of a heap of 1023 MiB,"
                        + " of which 75 % are for that; lower them, or give the JVM at least 1024 MiB (-Xmx)",
                new MemoryBudget(1023L << 20).warning(limits()));
    }
}
