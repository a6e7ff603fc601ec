package io.millrace.common.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PartSplitterTest {
    private static final PartKey KEY =
            new PartKey(new GroupIndex(7), new Attempt(2), new WorkerIncarnation("host-1", "a1"));

    @Test
    void aBlobThatFitsIsNotSplit() {
        byte[] blob = new byte[10];
        assertSame(
                blob,
                assertInstanceOf(PartSplitter.Whole.class, new PartSplitter(10, 100).split(KEY, blob))
                        .blob());
    }

    @Test
    void partsAreOfTheLimitAndTheLastOfTheRest() {
        byte[] blob = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
        List<Part> parts = assertInstanceOf(PartSplitter.Parts.class, new PartSplitter(4, 100).split(KEY, blob))
                .parts();
        assertEquals(3, parts.size());
        assertArrayEquals(new byte[] {1, 2, 3, 4}, parts.get(0).data());
        assertArrayEquals(new byte[] {9, 10, 11}, parts.get(2).data());
        for (int i = 0; i < 3; i++) {
            Part part = parts.get(i);
            assertEquals(KEY, part.key());
            assertEquals(i + 1, part.number());
            assertEquals(3, part.count());
            assertEquals(Part.crc32c(blob), part.blobCrc32c());
            assertEquals(Part.crc32c(part.data()), part.partCrc32c());
        }
    }

    @Test
    void theChecksumIsCrc32c() {
        // The check value that RFC 3720 and the CRC catalogue give for "123456789".
        assertEquals(0xE3069283, Part.crc32c("123456789".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void partsJoinToTheBlobWhateverTheSizes() throws Exception {
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 500; i++) {
            int recordBytes = 1 + random.nextInt(50);
            byte[] blob = new byte[recordBytes + 1 + random.nextInt(300)];
            random.nextBytes(blob);
            PartSplitter.Split split = new PartSplitter(recordBytes, 1000).split(KEY, blob);
            assertArrayEquals(
                    blob,
                    PartJoiner.join(
                            assertInstanceOf(PartSplitter.Parts.class, split).parts()));
        }
    }

    @Test
    void aBlobAboveTheGroupLimitFailsLoudly() {
        PartSplitter splitter = new PartSplitter(10, 20);
        assertInstanceOf(PartSplitter.Parts.class, splitter.split(KEY, new byte[20]));
        GroupTooLargeException refusal =
                assertThrows(GroupTooLargeException.class, () -> splitter.split(KEY, new byte[21]));
        assertEquals("group 7 has 21 bytes, the limit is 20", refusal.getMessage());
    }

    @Test
    void limitsOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new PartSplitter(0, 10));
        assertThrows(IllegalArgumentException.class, () -> new PartSplitter(10, 9));
    }
}
