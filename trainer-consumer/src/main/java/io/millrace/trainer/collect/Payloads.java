package io.millrace.trainer.collect;

import io.millrace.common.id.GroupIndex;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Blobs of finished groups up to a limit. Above it the one with the largest index goes first, since the smallest are
 * trained first; what has gone is read again by offset. Not thread-safe.
 */
final class Payloads {
    private final long limitBytes;
    private final TreeMap<GroupIndex, byte[]> kept = new TreeMap<>();
    private long bytes;

    Payloads(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    void keep(GroupIndex index, byte[] payload) {
        byte[] before = kept.put(index, payload);
        bytes += payload.length - (before == null ? 0 : before.length);
        while (bytes > limitBytes) {
            Map.Entry<GroupIndex, byte[]> last = kept.pollLastEntry();
            bytes -= last.getValue().length;
        }
    }

    void drop(GroupIndex index) {
        byte[] payload = kept.remove(index);
        bytes -= payload == null ? 0 : payload.length;
    }

    byte @Nullable [] get(GroupIndex index) {
        return kept.get(index);
    }

    long bytes() {
        return bytes;
    }
}
