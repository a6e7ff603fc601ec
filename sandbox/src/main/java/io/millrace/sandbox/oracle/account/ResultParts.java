package io.millrace.sandbox.oracle.account;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Parts of large groups until each is whole; a worker that died leaves some that never are. One owner. */
public final class ResultParts {
    private record Key(int partition, @Nullable String group, String attempt, String worker, String incarnation) {}

    private record Piece(long offset, byte[] bytes) {}

    private final Map<Key, TreeMap<Integer, Piece>> pending = new HashMap<>();

    /** The group, when this was its last part. */
    Optional<SeenResult> take(SeenRecord record) throws SeenResult.UnreadableException {
        Map<String, String> headers = record.headers();
        Key key = new Key(
                record.partition(),
                record.key(),
                headers.getOrDefault("millrace-attempt", ""),
                headers.getOrDefault("millrace-worker", ""),
                headers.getOrDefault("millrace-incarnation", ""));
        String[] part = headers.getOrDefault("millrace-part", "").split("/", -1);
        byte[] value = record.value();
        if (part.length != 2 || value == null) {
            throw new SeenResult.UnreadableException("a part without a number or a value");
        }
        int count = Integer.parseInt(part[1]);
        TreeMap<Integer, Piece> pieces = pending.computeIfAbsent(key, none -> new TreeMap<>());
        pieces.putIfAbsent(Integer.parseInt(part[0]), new Piece(record.offset(), value));
        if (pieces.size() < count) {
            return Optional.empty();
        }
        pending.remove(key);
        ByteArrayOutputStream blob = new ByteArrayOutputStream();
        List<Long> offsets = new ArrayList<>();
        pieces.values().forEach(piece -> {
            blob.writeBytes(piece.bytes());
            offsets.add(piece.offset());
        });
        CRC32C crc = new CRC32C();
        crc.update(blob.toByteArray());
        if (!HexFormat.of().toHexDigits((int) crc.getValue()).equals(headers.get("millrace-blob-crc32c"))) {
            throw new SeenResult.UnreadableException("the parts at " + offsets + " do not have their checksum");
        }
        return Optional.of(SeenResult.read(record.partition(), offsets, record.timestampMs(), blob.toByteArray()));
    }

    /** Records of a partition from this offset on are gone. */
    void vanished(int partition, long fromOffset) {
        pending.forEach((key, pieces) -> {
            if (key.partition() == partition) {
                pieces.values().removeIf(piece -> piece.offset() >= fromOffset);
            }
        });
    }
}
