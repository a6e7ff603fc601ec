package io.millrace.ops.export;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.PartKey;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Where the first whole result of each group stands, found from the records of {@code results}; their data is not kept, so
 * that a group costs some 200 bytes. One thread.
 */
final class FinishedGroups {
    private final TreeMap<GroupIndex, ManifestEntry> entries = new TreeMap<>();
    private final Map<PartKey, long[]> unfinished = new HashMap<>();
    private long unreadable;

    /** A result that is known to count. */
    void add(ManifestEntry entry) {
        entries.put(entry.groupIndex(), entry);
    }

    void record(ConsumerRecord<byte[], byte[]> record) {
        try {
            GroupIndex index = index(record.key());
            if (entries.containsKey(index)) {
                return;
            }
            switch (ResultHeaders.readType(record.headers())) {
                case GROUP -> whole(index, attempt(record), record.partition(), List.of(record.offset()));
                case PART -> part(record, ResultHeaders.readPart(record.headers(), index, record.value()));
                case ABANDONED -> {}
            }
        } catch (BadRecordException e) {
            unreadable++;
        }
    }

    private static GroupIndex index(byte @Nullable [] key) throws BadRecordException {
        String text = key == null ? "" : new String(key, StandardCharsets.US_ASCII);
        if (!text.matches("[0-9]{1,18}")) {
            throw new BadRecordException("the key is no group's");
        }
        return new GroupIndex(Long.parseLong(text));
    }

    private static Attempt attempt(ConsumerRecord<byte[], byte[]> record) throws BadRecordException {
        Attempt attempt = ResultHeaders.readAttempt(record.headers());
        return attempt == null ? RolloutGroupCodec.decodeHeader(record.value()).attempt() : attempt;
    }

    private void part(ConsumerRecord<byte[], byte[]> record, Part part) {
        long[] offsets = unfinished.computeIfAbsent(part.key(), key -> {
            long[] none = new long[part.count()];
            Arrays.fill(none, -1);
            return none;
        });
        if (part.number() > offsets.length || offsets[part.number() - 1] >= 0) {
            return;
        }
        offsets[part.number() - 1] = record.offset();
        if (Arrays.stream(offsets).allMatch(offset -> offset >= 0)) {
            unfinished.remove(part.key());
            whole(
                    part.key().groupIndex(),
                    part.key().attempt(),
                    record.partition(),
                    Arrays.stream(offsets).boxed().toList());
        }
    }

    private void whole(GroupIndex index, Attempt attempt, int partition, List<Long> offsets) {
        entries.put(index, new ManifestEntry(index, attempt, new WeightVersion(0), partition, offsets));
        unfinished.keySet().removeIf(key -> key.groupIndex().equals(index));
    }

    /** Ascending by index. */
    List<ManifestEntry> entries() {
        return new ArrayList<>(entries.values());
    }

    /** Records that are no results. */
    long unreadable() {
        return unreadable;
    }
}
