package io.millrace.trainer.results;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.PartKey;
import io.millrace.common.wire.PartSplitter;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.collect.ResultEvent.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class ResultParserTest {
    private static final int PARTITIONS = 4;
    private static final int SAMPLES = 2;
    private final ResultParser parser =
            new ResultParser(TestingRollouts.RUN, PARTITIONS, SAMPLES, 1 << 20, (partition, offsets) -> List.of());

    private static ConsumerRecord<byte[], byte[]> record(
            int partition, long offset, byte[] key, byte[] value, RecordHeaders headers) {
        return new ConsumerRecord<>(
                "results",
                partition,
                offset,
                0,
                TimestampType.CREATE_TIME,
                0,
                0,
                key,
                value,
                headers,
                Optional.empty());
    }

    private static RecordHeaders type(ResultHeaders.Type type) {
        RecordHeaders headers = new RecordHeaders();
        ResultHeaders.writeType(headers, type);
        return headers;
    }

    private static byte[] key(long index) {
        return KafkaClients.key(new GroupIndex(index));
    }

    private static byte[] blob(long index, int attempt) {
        return RolloutGroupCodec.encode(TestingRollouts.group(index, attempt, SAMPLES));
    }

    private ResultEvent parseGroup(int partition, byte[] key, byte[] value) throws Exception {
        List<ResultEvent> events =
                parser.parse(record(partition, 9, key, value, type(ResultHeaders.Type.GROUP)), index -> false);
        assertEquals(1, events.size());
        return events.getFirst();
    }

    private static void assertInvalid(ResultEvent event, long index, int attempt, String word) throws Exception {
        ResultEvent.Invalid invalid = assertInstanceOf(ResultEvent.Invalid.class, event);
        assertEquals(new GroupIndex(index), invalid.groupIndex());
        assertEquals(new Attempt(attempt), invalid.attempt());
        assertEquals(9, invalid.offset());
        assertTrue(invalid.reason().contains(word), invalid.reason());
    }

    private static void assertUnreadable(ResultEvent event, Problem problem) throws Exception {
        assertEquals(
                problem, assertInstanceOf(ResultEvent.Unreadable.class, event).problem());
    }

    @Test
    void aWholeGroupArrivesWithItsBlob() throws Exception {
        byte[] blob = blob(6, 3);
        ResultEvent.Result arrived = assertInstanceOf(ResultEvent.Result.class, parseGroup(2, key(6), blob));
        assertEquals(new GroupIndex(6), arrived.group().groupIndex());
        assertEquals(new Attempt(3), arrived.group().attempt());
        assertEquals(0, arrived.group().oldestVersion().value());
        assertEquals(List.of(9L), arrived.group().offsets());
        assertArrayEquals(blob, RolloutGroupCodec.encode(arrived.content().unpack()));
    }

    @Test
    void samplesOfOneExecutionCountAsOne() throws Exception {
        byte[] right = RolloutGroupCodec.encode(TestingRollouts.withSiblings(6, 1, 3));
        assertInstanceOf(ResultEvent.Result.class, parseGroup(2, key(6), right));
        byte[] one = RolloutGroupCodec.encode(TestingRollouts.withSiblings(6, 2));
        assertInvalid(parseGroup(2, key(6), one), 6, 1, "has 1 samples");
    }

    @Test
    void aGroupOfAnotherRunIsInvalid() throws Exception {
        byte[] blob =
                RolloutGroupCodec.encode(TestingRollouts.group(new RunId("other"), 6, 1, SAMPLES, Reward.of(1), "x"));
        assertInvalid(parseGroup(2, key(6), blob), 6, 1, "run other");
    }

    @Test
    void aGroupUnderAnothersKeyIsInvalid() throws Exception {
        assertInvalid(parseGroup(2, key(2), blob(6, 1)), 6, 1, "key of group 2");
        assertInvalid(parseGroup(2, "nonsense".getBytes(StandardCharsets.UTF_8), blob(6, 1)), 6, 1, "key of no group");
    }

    @Test
    void aGroupInAnothersPartitionIsInvalid() throws Exception {
        assertInvalid(parseGroup(1, key(6), blob(6, 2)), 6, 2, "belongs in partition 2");
    }

    @Test
    void aGroupWithAnotherNumberOfSamplesIsInvalid() throws Exception {
        byte[] blob = RolloutGroupCodec.encode(TestingRollouts.group(6, 1, SAMPLES + 1));
        assertInvalid(parseGroup(2, key(6), blob), 6, 1, "samples-per-group is 2");
    }

    @Test
    void aTruncatedBlobIsInvalidWhereTheHeadersNameItsAttempt() throws Exception {
        byte[] cut = Arrays.copyOf(blob(6, 1), 100);
        assertUnreadable(parseGroup(2, key(6), cut), Problem.VALUE);
        RecordHeaders headers = type(ResultHeaders.Type.GROUP);
        headers.add(ResultHeaders.ATTEMPT, "4".getBytes(StandardCharsets.UTF_8));
        assertInvalid(
                parser.parse(record(2, 9, key(6), cut, headers), index -> false).getFirst(), 6, 4, "safetensors");
    }

    @Test
    void bytesThatNameNoGroupAreUnreadable() throws Exception {
        byte[] garbage = {1, 2, 3};
        assertUnreadable(parseGroup(0, garbage, garbage), Problem.KEY);
        assertUnreadable(parseGroup(0, null, null), Problem.KEY);
        assertUnreadable(
                parser.parse(record(0, 1, key(4), blob(4, 1), new RecordHeaders()), index -> false)
                        .getFirst(),
                Problem.TYPE);
    }

    @Test
    void anAbandonedMarkerIsTakenFromItsPlaceOnly() throws Exception {
        byte[] marker = ControlCodec.encode(new AbandonedMarker(new GroupIndex(6), new Attempt(3), "lost"));
        RecordHeaders headers = type(ResultHeaders.Type.ABANDONED);
        assertEquals(
                List.of(new ResultEvent.Marker(new GroupIndex(6), new Attempt(3), "lost", 2, 9)),
                parser.parse(record(2, 9, key(6), marker, headers), index -> false));
        assertUnreadable(
                parser.parse(record(2, 9, key(2), marker, headers), index -> false)
                        .getFirst(),
                Problem.PLACE);
        assertUnreadable(
                parser.parse(record(1, 9, key(6), marker, headers), index -> false)
                        .getFirst(),
                Problem.PLACE);
    }

    @Test
    void partsBecomeTheirGroupWhicheverWayTheyMix() throws Exception {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        long offset = 0;
        List<Part> first = parts(6, 1);
        List<Part> second = parts(10, 1);
        for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
            for (List<Part> parts : List.of(first, second)) {
                if (i < parts.size()) {
                    RecordHeaders headers = new RecordHeaders();
                    ResultHeaders.writePart(headers, parts.get(i));
                    records.add(record(
                            2,
                            offset++,
                            key(parts.get(i).key().groupIndex().value()),
                            parts.get(i).data(),
                            headers));
                }
            }
        }
        List<ResultEvent.Result> arrived = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            for (ResultEvent event : parser.parse(record, index -> false)) {
                arrived.add(assertInstanceOf(ResultEvent.Result.class, event));
            }
        }
        assertEquals(2, arrived.size());
        assertEquals(first.size(), arrived.getFirst().group().offsets().size());
        assertArrayEquals(
                blob(6, 1),
                RolloutGroupCodec.encode(arrived.getFirst().content().unpack()));
    }

    /** Its sending had timed out. */
    @Test
    void aPartThatWasSentAgainStandsBehindOthers() throws Exception {
        List<Part> parts = parts(6, 1);
        List<ResultEvent> events = new ArrayList<>();
        for (int i = 1; i <= parts.size(); i++) {
            Part part = parts.get(i % parts.size());
            RecordHeaders headers = new RecordHeaders();
            ResultHeaders.writePart(headers, part);
            events.addAll(parser.parse(record(2, i, key(6), part.data(), headers), index -> false));
        }
        ResultEvent.Result arrived = assertInstanceOf(ResultEvent.Result.class, events.getFirst());
        assertEquals(1, arrived.group().firstOffset());
        assertArrayEquals(blob(6, 1), RolloutGroupCodec.encode(arrived.content().unpack()));
    }

    @Test
    void partsThatWereTooManyToBeHeldAreReadAgainAndNotRejected() throws Exception {
        List<ConsumerRecord<byte[], byte[]>> log = new ArrayList<>();
        ResultParser narrow = new ResultParser(
                TestingRollouts.RUN,
                PARTITIONS,
                SAMPLES,
                blob(6, 1).length + 700,
                (partition, offsets) -> offsets.stream()
                        .map(offset -> log.get(offset.intValue()))
                        .toList());
        List<List<Part>> groups = List.of(parts(6, 1), parts(10, 1), parts(14, 1));
        for (int i = 0; i < groups.getFirst().size(); i++) {
            for (List<Part> parts : groups) {
                Part part = parts.get(i);
                RecordHeaders headers = new RecordHeaders();
                ResultHeaders.writePart(headers, part);
                log.add(record(2, log.size(), key(part.key().groupIndex().value()), part.data(), headers));
            }
        }
        List<ResultEvent.Result> arrived = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : log) {
            for (ResultEvent event : narrow.parse(record, index -> false)) {
                arrived.add(assertInstanceOf(ResultEvent.Result.class, event));
            }
            assertTrue(narrow.heldBytes() <= blob(6, 1).length + 700);
        }
        assertEquals(3, arrived.size());
        assertArrayEquals(
                blob(6, 1),
                RolloutGroupCodec.encode(arrived.getFirst().content().unpack()));
        assertTrue(narrow.groupsReadAgain() >= 1);
    }

    @Test
    void aPartThatIsGoneWhenItIsReadAgainMakesItsGroupInvalid() throws Exception {
        ResultParser narrow = new ResultParser(
                TestingRollouts.RUN, PARTITIONS, SAMPLES, blob(6, 1).length + 100, (partition, offsets) -> List.of());
        List<ResultEvent> events = new ArrayList<>();
        List<Part> first = parts(6, 1);
        List<Part> second = parts(10, 1);
        for (int i = 0; i < first.size(); i++) {
            for (Part part : List.of(first.get(i), second.get(i))) {
                RecordHeaders headers = new RecordHeaders();
                ResultHeaders.writePart(headers, part);
                events.addAll(narrow.parse(
                        record(2, i, key(part.key().groupIndex().value()), part.data(), headers), index -> false));
            }
        }
        assertTrue(
                events.stream()
                        .anyMatch(event -> event instanceof ResultEvent.Invalid invalid
                                && invalid.reason().contains("were read again: no parts to join")),
                events::toString);
    }

    private static List<Part> parts(long index, int attempt) {
        PartKey key = new PartKey(new GroupIndex(index), new Attempt(attempt), TestingRollouts.WORKER);
        return assertInstanceOf(
                        PartSplitter.Parts.class, new PartSplitter(500, 1 << 20).split(key, blob(index, attempt)))
                .parts();
    }

    @Test
    void aDamagedPartIsInvalid() throws Exception {
        Part part = parts(6, 5).getFirst();
        byte[] damaged = part.data().clone();
        damaged[3] ^= 1;
        RecordHeaders headers = new RecordHeaders();
        ResultHeaders.writePart(headers, part);
        assertInvalid(
                parser.parse(record(2, 9, key(6), damaged, headers), index -> false)
                        .getFirst(),
                6,
                5,
                "checksum");
    }
}
