package io.millrace.trainer.collect;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.wire.PackedGroup;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Contents of finished groups up to a limit. Above it the one with the largest index goes first, since the smallest are
 * trained first; what has gone is read again by offset. Not thread-safe.
 */
final class Payloads {
    private record Payload(PackedGroup content, long bytes) {}

    private final long limitBytes;
    private final TreeMap<GroupIndex, Payload> kept = new TreeMap<>();
    private long bytes;

    Payloads(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** @param size of the group, in bytes */
    void keep(GroupIndex index, PackedGroup content, long size) {
        drop(index);
        kept.put(index, new Payload(content, size));
        bytes += size;
        while (bytes > limitBytes) {
            bytes -= kept.pollLastEntry().getValue().bytes();
        }
    }

    void drop(GroupIndex index) {
        Payload payload = kept.remove(index);
        bytes -= payload == null ? 0 : payload.bytes();
    }

    @Nullable
    PackedGroup get(GroupIndex index) {
        Payload payload = kept.get(index);
        return payload == null ? null : payload.content();
    }

    long bytes() {
        return bytes;
    }
}
