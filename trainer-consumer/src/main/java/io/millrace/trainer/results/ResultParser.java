package io.millrace.trainer.results;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.NewerRecords;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.PackedGroup;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.PartJoiner;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.collect.ResultEvent.Flaw;
import io.millrace.trainer.collect.ResultEvent.Invalid;
import io.millrace.trainer.collect.ResultEvent.Problem;
import io.millrace.trainer.collect.ResultEvent.Unreadable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads and checks what stands on {@code results} or {@code eval-results}: it decodes, belongs to this run, its key is
 * its group index, it stands in the partition of that index and has the number of samples it must have. Parts are held until their group is whole.
 * What fails and names its group and attempt is {@link Invalid}, what names none is {@link Unreadable}. Owns no client;
 * not thread-safe.
 */
public final class ResultParser {
    /** Groups in parts that may be under way at once; each worker publishes one at a time. */
    private static final int PARTED_GROUPS_MAX = 4096;

    /** Instead of a number of samples: every number is right. */
    public static final int ANY_SAMPLES = 0;

    /** Every such number fits a long. */
    private static final int NUMBER_DIGITS_MAX = 18;

    /** Engines round; more than this above zero is no rounding. */
    private static final float LOG_PROB_MAX = 1e-3f;

    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    private final RunId run;
    private final int partitions;
    private final int samplesPerGroup;
    private final PartJoiner joiner;
    private final PartsAgain again;
    private long readAgain;
    private long arrivals;

    /**
     * @param partitions of the results topic
     * @param samplesPerGroup {@link #ANY_SAMPLES} where groups differ
     * @param partBytesMax how many bytes of unfinished parts are held, and how large a group may be
     * @param again where parts are read that were too many to be held
     */
    public ResultParser(RunId run, int partitions, int samplesPerGroup, long partBytesMax, PartsAgain again) {
        this.run = run;
        this.partitions = partitions;
        this.samplesPerGroup = samplesPerGroup;
        this.joiner = new PartJoiner(PARTED_GROUPS_MAX, partBytesMax);
        this.again = again;
    }

    /**
     * What the record says; nothing while its group is not whole.
     *
     * @param won whether something of a group has won; parts of such a group are not held
     * @throws Exception when parts have to be read again and cannot
     */
    public List<ResultEvent> parse(ConsumerRecord<byte[], byte[]> record, Predicate<GroupIndex> won) throws Exception {
        GroupIndex key = key(record.key());
        ResultHeaders.Type type;
        try {
            type = ResultHeaders.readType(record.headers());
        } catch (BadRecordException e) {
            return List.of(unreadable(record, Problem.TYPE, message(e)));
        }
        return switch (type) {
            case GROUP -> List.of(group(record, key, attempt(record), record.value(), List.of(record.offset())));
            case PART -> part(record, key, won);
            case ABANDONED -> List.of(marker(record, key));
        };
    }

    /**
     * @param attempt what the record's headers say; null when they do not
     * @param blob null for a record without a value
     */
    private ResultEvent group(
            ConsumerRecord<byte[], byte[]> record,
            @Nullable GroupIndex key,
            @Nullable Attempt attempt,
            byte @Nullable [] blob,
            List<Long> offsets) {
        if (blob == null) {
            return bad(record, key, attempt, Flaw.BLOB, "the record has no value");
        }
        PackedGroup content;
        try {
            content = PackedGroup.read(blob);
            checkLogProbs(content);
        } catch (BadRecordException e) {
            NewerRecords.refuse(record, e);
            return badBlob(record, key, attempt, blob, message(e));
        }
        GroupHeader header = content.header();
        Optional<Flawed> flaw = flaw(header, key, record.partition());
        if (flaw.isPresent()) {
            return invalid(
                    record,
                    header.groupIndex(),
                    header.attempt(),
                    flaw.get().flaw(),
                    flaw.get().reason());
        }
        return new ResultEvent.Result(
                FinishedGroup.of(header, record.partition(), offsets, arrivals++), content, blob.length);
    }

    /** A logarithm of a probability; that each is a number, the codec sees to. */
    private static void checkLogProbs(PackedGroup group) throws BadRecordException {
        float largest = group.largestPositiveLogProb();
        if (largest > LOG_PROB_MAX) {
            throw new BadRecordException("one of the log_probs is no logarithm of a probability: " + largest);
        }
    }

    private record Flawed(Flaw flaw, String reason) {}

    private Optional<Flawed> flaw(GroupHeader header, @Nullable GroupIndex key, int partition) {
        GroupIndex index = header.groupIndex();
        if (!header.run().equals(run)) {
            return Optional.of(new Flawed(
                    Flaw.RUN, "group " + index + " belongs to run " + header.run() + ", this run is " + run));
        }
        if (!index.equals(key)) {
            return Optional.of(new Flawed(
                    Flaw.KEY,
                    "group " + index + " stands under the key " + (key == null ? "of no group" : "of group " + key)));
        }
        int expected = RunTopics.resultPartition(index, partitions);
        if (partition != expected) {
            return Optional.of(new Flawed(
                    Flaw.PARTITION,
                    "group " + index + " stands in partition " + partition + ", it belongs in partition " + expected));
        }
        if (samplesPerGroup != ANY_SAMPLES && header.rollouts() != samplesPerGroup) {
            return Optional.of(new Flawed(
                    Flaw.SAMPLES,
                    "group " + index + " has " + header.rollouts() + " samples, samples-per-group is "
                            + samplesPerGroup));
        }
        return Optional.empty();
    }

    /** A blob that cannot be used may still say whose it is. */
    private static ResultEvent badBlob(
            ConsumerRecord<byte[], byte[]> record,
            @Nullable GroupIndex key,
            @Nullable Attempt attempt,
            byte[] blob,
            String reason) {
        try {
            GroupHeader header = RolloutGroupCodec.decodeHeader(blob);
            return invalid(record, header.groupIndex(), header.attempt(), Flaw.BLOB, reason);
        } catch (BadRecordException e) {
            return bad(record, key, attempt, Flaw.BLOB, reason);
        }
    }

    private List<ResultEvent> part(
            ConsumerRecord<byte[], byte[]> record, @Nullable GroupIndex key, Predicate<GroupIndex> won)
            throws Exception {
        if (key == null) {
            return List.of(unreadable(record, Problem.KEY, "a part under a key of no group"));
        }
        int expected = RunTopics.resultPartition(key, partitions);
        if (record.partition() != expected) {
            return List.of(bad(
                    record,
                    key,
                    attempt(record),
                    Flaw.PARTITION,
                    "a part of group " + key + " stands in partition " + record.partition()
                            + ", it belongs in partition " + expected));
        }
        Part part;
        try {
            part = ResultHeaders.readPart(record.headers(), key, record.value());
        } catch (BadRecordException e) {
            return List.of(bad(record, key, attempt(record), Flaw.PART, message(e)));
        }
        if (won.test(key)) {
            return part.number() == part.count()
                    ? List.of(new ResultEvent.PartsRepeated(
                            key, part.key().attempt(), record.partition(), record.offset()))
                    : List.of(new ResultEvent.PartPassed(key, record.partition(), record.offset()));
        }
        return joined(record, key, part);
    }

    private List<ResultEvent> joined(ConsumerRecord<byte[], byte[]> record, GroupIndex key, Part part)
            throws Exception {
        PartJoiner.Answer answer = joiner.add(part, record.offset());
        List<ResultEvent> events = new ArrayList<>();
        for (PartJoiner.Dropped dropped : answer.dropped()) {
            GroupIndex index = dropped.key().groupIndex();
            events.add(new Invalid(
                    index,
                    dropped.key().attempt(),
                    RunTopics.resultPartition(index, partitions),
                    dropped.offsets().getLast(),
                    Flaw.PART,
                    dropped.reason()));
        }
        switch (answer.outcome()) {
            case PartJoiner.Joined joined ->
                events.add(group(record, key, joined.key().attempt(), joined.blob(), joined.offsets()));
            case PartJoiner.LetGo letGo -> events.add(readAgain(record, key, letGo));
            case PartJoiner.Refused refused ->
                events.add(invalid(record, key, part.key().attempt(), Flaw.PART, refused.reason()));
            case PartJoiner.Waiting waiting -> {}
            case PartJoiner.Repeated repeated -> {}
        }
        return events;
    }

    private ResultEvent readAgain(ConsumerRecord<byte[], byte[]> last, GroupIndex index, PartJoiner.LetGo letGo)
            throws Exception {
        readAgain++;
        List<Part> parts = new ArrayList<>();
        byte[] blob;
        try {
            for (ConsumerRecord<byte[], byte[]> record : again.read(last.partition(), letGo.offsets())) {
                parts.add(ResultHeaders.readPart(record.headers(), index, record.value()));
            }
            blob = PartJoiner.join(parts);
        } catch (BadRecordException e) {
            return invalid(
                    last,
                    index,
                    letGo.key().attempt(),
                    Flaw.PART,
                    "its parts at offsets " + letGo.offsets() + " were read again: " + message(e));
        }
        return group(last, index, letGo.key().attempt(), blob, letGo.offsets());
    }

    /** Groups whose parts were read again, since too many were under way to be held. */
    public long groupsReadAgain() {
        return readAgain;
    }

    /**
     * Something of this group has won: parts of it that are held will never be of use.
     *
     * @return the first offset of those parts; empty where there are none
     */
    public OptionalLong won(GroupIndex index) {
        return joiner.forget(index);
    }

    /** By partition, the first part that is held. */
    public Map<Integer, Long> neededFrom() {
        Map<Integer, Long> from = new HashMap<>();
        joiner.firstOffsets()
                .forEach((key, offset) ->
                        from.merge(RunTopics.resultPartition(key.groupIndex(), partitions), offset, Math::min));
        return from;
    }

    /** Bytes of parts held now. */
    public long heldBytes() {
        return joiner.heldBytes();
    }

    private ResultEvent marker(ConsumerRecord<byte[], byte[]> record, @Nullable GroupIndex key) {
        if (record.value() == null) {
            return unreadable(record, Problem.VALUE, "an abandoned marker without a value");
        }
        AbandonedMarker marker;
        try {
            marker = ControlCodec.decode(record.value(), AbandonedMarker.class);
        } catch (BadRecordException e) {
            NewerRecords.refuse(record, e);
            return unreadable(record, Problem.VALUE, message(e));
        }
        GroupIndex index = marker.groupIndex();
        if (!index.equals(key) || record.partition() != RunTopics.resultPartition(index, partitions)) {
            return unreadable(
                    record,
                    Problem.PLACE,
                    "the abandoned marker of group " + index + " under key or partition of others");
        }
        return new ResultEvent.Marker(index, marker.lastAttempt(), marker.cause(), record.partition(), record.offset());
    }

    /** Invalid when key and headers name group and attempt, unreadable otherwise. */
    private static ResultEvent bad(
            ConsumerRecord<byte[], byte[]> record,
            @Nullable GroupIndex key,
            @Nullable Attempt attempt,
            Flaw flaw,
            String reason) {
        if (key == null) {
            return unreadable(record, Problem.KEY, reason);
        }
        return attempt == null
                ? unreadable(record, Problem.VALUE, reason)
                : invalid(record, key, attempt, flaw, reason);
    }

    private static Invalid invalid(
            ConsumerRecord<byte[], byte[]> record, GroupIndex index, Attempt attempt, Flaw flaw, String reason) {
        return new Invalid(index, attempt, record.partition(), record.offset(), flaw, reason);
    }

    private static Unreadable unreadable(ConsumerRecord<byte[], byte[]> record, Problem problem, String detail) {
        return new Unreadable(record.partition(), record.offset(), problem, detail);
    }

    private static @Nullable GroupIndex key(byte @Nullable [] key) {
        long index = number(key);
        return index < 0 ? null : new GroupIndex(index);
    }

    /** A number in decimal; -1 when it is none. */
    private static long number(byte @Nullable [] text) {
        if (text == null || text.length > NUMBER_DIGITS_MAX) {
            return -1;
        }
        String digits = new String(text, StandardCharsets.US_ASCII);
        return NUMBER.matcher(digits).matches() ? Long.parseLong(digits) : -1;
    }

    private static @Nullable Attempt attempt(ConsumerRecord<byte[], byte[]> record) {
        return ResultHeaders.readAttempt(record.headers());
    }

    private static String message(Exception e) {
        return String.valueOf(e.getMessage());
    }
}
