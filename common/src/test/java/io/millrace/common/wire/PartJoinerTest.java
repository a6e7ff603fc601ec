package io.millrace.common.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.wire.PartJoiner.Answer;
import io.millrace.common.wire.PartJoiner.Dropped;
import io.millrace.common.wire.PartJoiner.Joined;
import io.millrace.common.wire.PartJoiner.LetGo;
import io.millrace.common.wire.PartJoiner.Refused;
import io.millrace.common.wire.PartJoiner.Repeated;
import io.millrace.common.wire.PartJoiner.Waiting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PartJoinerTest {
    private static final byte[] BLOB = {1, 2, 3, 4, 5, 6, 7};

    private final PartJoiner joiner = new PartJoiner(2, 20);

    @Test
    void partsInAnyOrderBecomeTheBlobWithTheirOffsetsInOrder() {
        List<Part> parts = parts(key(7), BLOB);
        assertEquals(new Answer(new Waiting(1, 3), List.of()), joiner.add(parts.get(2), 100));
        assertEquals(new Answer(new Waiting(2, 3), List.of()), joiner.add(parts.get(0), 101));
        Joined joined =
                assertInstanceOf(Joined.class, joiner.add(parts.get(1), 105).outcome());
        assertArrayEquals(BLOB, joined.blob());
        assertEquals(key(7), joined.key());
        assertEquals(List.of(101L, 105L, 100L), joined.offsets());
        assertEquals(0, joiner.heldBytes());
        assertEquals(0, joiner.unfinishedBlobs());
    }

    @Test
    void aRepeatedPartChangesNothing() {
        List<Part> parts = parts(key(7), BLOB);
        joiner.add(parts.get(0), 1);
        assertEquals(new Repeated(), joiner.add(parts.get(0), 2).outcome());
        assertEquals(3, joiner.heldBytes());
        joiner.add(parts.get(1), 3);
        Joined joined =
                assertInstanceOf(Joined.class, joiner.add(parts.get(2), 4).outcome());
        assertEquals(List.of(1L, 3L, 4L), joined.offsets());
        assertEquals(new Repeated(), joiner.add(parts.get(2), 5).outcome());
        assertEquals(0, joiner.unfinishedBlobs());
    }

    @Test
    void partsOfOtherAttemptsAndIncarnationsAreNotMixed() {
        PartKey again = new PartKey(new GroupIndex(7), new Attempt(2), key(7).worker());
        PartKey reborn = new PartKey(new GroupIndex(7), key(7).attempt(), new WorkerIncarnation("host-1", "later"));
        PartJoiner roomy = new PartJoiner(10, 1000);
        for (int i = 0; i < 2; i++) {
            for (PartKey key : List.of(key(7), again, reborn)) {
                assertEquals(
                        new Waiting(i + 1, 3),
                        roomy.add(parts(key, BLOB).get(i), i).outcome());
            }
        }
        assertEquals(3, roomy.unfinishedBlobs());
        assertInstanceOf(Joined.class, roomy.add(parts(again, BLOB).get(2), 9).outcome());
        assertEquals(2, roomy.unfinishedBlobs());
    }

    @Test
    void aPartThatDoesNotFitThoseBeforeItIsRefusedAndTheOthersStay() {
        List<Part> parts = parts(key(7), BLOB);
        Part second = parts.get(1);
        joiner.add(parts.get(0), 1);
        String name = "part 2/3 of group 7 attempt 1 of host-1/a1";
        assertRefused(
                name + " does not have its checksum",
                new Part(key(7), 2, 3, second.blobCrc32c(), second.partCrc32c() + 1, second.data()));
        assertRefused(
                "part 2/4 of group 7 attempt 1 of host-1/a1 is of 4 parts, those before it of 3",
                new Part(key(7), 2, 4, second.blobCrc32c(), second.partCrc32c(), second.data()));
        assertRefused(
                name + " names another checksum of the blob than those before it",
                new Part(key(7), 2, 3, second.blobCrc32c() + 1, second.partCrc32c(), second.data()));
        joiner.add(second, 2);
        byte[] other = {9, 9, 9};
        assertRefused(
                name + " came before with other content, at offset 2",
                new Part(key(7), 2, 3, second.blobCrc32c(), Part.crc32c(other), other));
        assertInstanceOf(Joined.class, joiner.add(parts.get(2), 3).outcome());
    }

    @Test
    void aBlobWithoutItsChecksumIsDroppedAndReported() {
        List<Part> parts = parts(key(7), BLOB).stream()
                .map(part -> new Part(key(7), part.number(), 3, 12345, part.partCrc32c(), part.data()))
                .toList();
        joiner.add(parts.get(0), 1);
        joiner.add(parts.get(1), 2);
        String reason = "the joined blob of group 7 attempt 1 of host-1/a1 does not have its checksum";
        assertEquals(
                new Answer(new Refused(reason), List.of(new Dropped(key(7), 3, 3, List.of(1L, 2L, 3L), reason))),
                joiner.add(parts.get(2), 3));
        assertEquals(0, joiner.heldBytes());
    }

    @Test
    void aPartThatCanNeverFitIsRefusedAndCostsTheOthersNothing() {
        joiner.add(parts(key(7), BLOB).get(0), 1);
        byte[] large = new byte[21];
        assertRefused(
                "part 1/2 of group 8 attempt 1 of host-1/a1: a blob of 2 parts, this one of 21 bytes, cannot fit into "
                        + "the limit of 20 bytes held",
                new Part(key(8), 1, 2, 0, Part.crc32c(large), large));
        byte[] small = {1};
        assertRefused(
                "part 1/999999999 of group 8 attempt 1 of host-1/a1: a blob of 999999999 parts, this one of 1 bytes, "
                        + "cannot fit into the limit of 20 bytes held",
                new Part(key(8), 1, 999_999_999, 0, Part.crc32c(small), small));
        assertEquals(1, joiner.unfinishedBlobs());
    }

    @Test
    void pastTheLimitOfBlobsTheOldestIsDroppedAndReportedAndItsLaterPartsRefused() {
        joiner.add(parts(key(7), BLOB).get(0), 1);
        joiner.add(parts(key(8), BLOB).get(0), 2);
        joiner.add(parts(key(7), BLOB).get(2), 3);
        assertEquals(
                new Answer(
                        new Waiting(1, 3),
                        List.of(new Dropped(key(7), 2, 3, List.of(1L, 3L), "more than 2 unfinished blobs"))),
                joiner.add(parts(key(9), BLOB).get(0), 4));
        assertEquals(2, joiner.unfinishedBlobs());
        assertRefused(
                "part 2/3 of group 7 attempt 1 of host-1/a1 comes after its blob was dropped",
                parts(key(7), BLOB).get(1));
    }

    @Test
    void pastTheLimitOfBytesTheOldestIsLetGoOfAndSaysWhereItStandsWhenItIsWhole() {
        PartJoiner joiner = new PartJoiner(10, 10);
        joiner.add(parts(key(7), BLOB).get(0), 1);
        joiner.add(parts(key(8), BLOB).get(0), 2);
        joiner.add(parts(key(9), BLOB).get(0), 3);
        assertEquals(
                new Answer(new Waiting(2, 3), List.of()),
                joiner.add(parts(key(9), BLOB).get(1), 4));
        assertEquals(9, joiner.heldBytes());
        assertEquals(1, joiner.blobsLetGo());
        joiner.add(parts(key(7), BLOB).get(2), 5);
        assertEquals(9, joiner.heldBytes());
        assertEquals(1L, joiner.firstOffsets().get(key(7)), "still needed");
        assertEquals(
                new Answer(new LetGo(key(7), List.of(1L, 6L, 5L)), List.of()),
                joiner.add(parts(key(7), BLOB).get(1), 6));
        assertEquals(new Repeated(), joiner.add(parts(key(7), BLOB).get(1), 7).outcome());
        assertEquals(2, joiner.unfinishedBlobs());
    }

    @Test
    void aBlobLargerThanTheLimitIsDroppedAndReported() {
        PartJoiner joiner = new PartJoiner(10, 6);
        joiner.add(parts(key(7), BLOB).get(0), 1);
        joiner.add(parts(key(7), BLOB).get(1), 2);
        String reason =
                "part 3/3 of group 7 attempt 1 of host-1/a1 makes its blob larger than the limit of 6 bytes held";
        assertEquals(
                new Answer(new Refused(reason), List.of(new Dropped(key(7), 2, 3, List.of(1L, 2L), reason))),
                joiner.add(parts(key(7), BLOB).get(2), 3));
        assertEquals(0, joiner.heldBytes());
    }

    @Test
    void whateverComesTheLimitsHoldAndEveryBlobIsJoinedHeldOrReported() throws Exception {
        Random random = new Random(6);
        int joined = 0;
        for (int round = 0; round < 100; round++) {
            PartJoiner joiner = new PartJoiner(4, 60);
            List<Part> sent = new ArrayList<>();
            Map<PartKey, byte[]> blobs = new HashMap<>();
            for (int group = 0; group < 12; group++) {
                byte[] blob = new byte[4 + random.nextInt(16)];
                random.nextBytes(blob);
                blobs.put(key(group), blob);
                sent.addAll(parts(key(group), blob));
            }
            // Mostly in order, as partitions are, with some far out of it.
            for (int i = 0; i < 5; i++) {
                Collections.swap(sent, random.nextInt(sent.size()), random.nextInt(sent.size()));
            }
            Set<PartKey> accounted = new HashSet<>();
            for (int i = 0; i < sent.size(); i++) {
                Answer answer = joiner.add(sent.get(i), i);
                answer.dropped().forEach(dropped -> accounted.add(dropped.key()));
                if (answer.outcome() instanceof Joined whole) {
                    joined++;
                    accounted.add(whole.key());
                    assertArrayEquals(blobs.get(whole.key()), whole.blob());
                }
                if (answer.outcome() instanceof LetGo whole) {
                    joined++;
                    accounted.add(whole.key());
                    List<Part> again = whole.offsets().stream()
                            .map(offset -> sent.get(offset.intValue()))
                            .toList();
                    assertArrayEquals(blobs.get(whole.key()), PartJoiner.join(again));
                }
                assertTrue(joiner.unfinishedBlobs() <= 4 && joiner.heldBytes() <= 60);
            }
            assertTrue(accounted.size() + joiner.unfinishedBlobs() >= 12, "round " + round);
        }
        assertTrue(joined > 300, joined + " joined of 1200");
    }

    @Test
    void joiningPartsAtHandRefusesAnyThatAreNotTheBlob() throws Exception {
        List<Part> parts = parts(key(7), BLOB);
        assertArrayEquals(BLOB, PartJoiner.join(parts));
        assertJoinRefused("no parts to join", List.of());
        assertJoinRefused(
                "group 7 attempt 1 of host-1/a1 has 3 parts, given were 2", List.of(parts.get(0), parts.get(1)));
        assertJoinRefused(
                "part 2/3 of group 7 attempt 1 of host-1/a1 expected, got part 3/3 of group 7 attempt 1 of host-1/a1",
                List.of(parts.get(0), parts.get(2), parts.get(1)));
        assertJoinRefused(
                "part 2/3 of group 7 attempt 1 of host-1/a1 expected, got part 2/3 of group 8 attempt 1 of host-1/a1",
                List.of(parts.get(0), parts(key(8), BLOB).get(1), parts.get(2)));
        Part damaged = new Part(
                key(7), 2, 3, parts.get(1).blobCrc32c(), 0, parts.get(1).data());
        assertJoinRefused(
                "part 2/3 of group 7 attempt 1 of host-1/a1 does not have its checksum",
                List.of(parts.get(0), damaged, parts.get(2)));
    }

    @Test
    void limitsAndPartsOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new PartJoiner(0, 1));
        assertThrows(IllegalArgumentException.class, () -> new PartJoiner(1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Part(key(7), 0, 2, 0, 0, BLOB));
        assertThrows(IllegalArgumentException.class, () -> new Part(key(7), 3, 2, 0, 0, BLOB));
        assertThrows(IllegalArgumentException.class, () -> new Part(key(7), 1, 1, 0, 0, BLOB));
        assertThrows(IllegalArgumentException.class, () -> new Part(key(7), 1, 2, 0, 0, new byte[0]));
    }

    private static PartKey key(long group) {
        return new PartKey(new GroupIndex(group), new Attempt(1), new WorkerIncarnation("host-1", "a1"));
    }

    /** Parts of 3 bytes. */
    private static List<Part> parts(PartKey key, byte[] blob) {
        PartSplitter.Split split = new PartSplitter(3, 1000).split(key, Arrays.copyOf(blob, blob.length));
        return assertInstanceOf(PartSplitter.Parts.class, split).parts();
    }

    private void assertRefused(String reason, Part part) {
        assertEquals(new Answer(new Refused(reason), List.of()), joiner.add(part, 99));
    }

    private static void assertJoinRefused(String reason, List<Part> parts) {
        assertEquals(
                reason,
                assertThrows(BadRecordException.class, () -> PartJoiner.join(parts))
                        .getMessage());
    }
}
