package io.millrace.common.wire;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts parts back together. Of at most so many bytes of parts the data is held; past that, the data of the oldest
 * unfinished blob, by its first part, is let go of, and only where its parts stand is remembered: when all of them have
 * come, the caller reads them again. Past so many unfinished blobs the oldest is dropped and reported, and later parts of
 * it are refused instead of beginning it anew. A blob that was joined or dropped is remembered for as long as it is among the last {@code blobsMax} of those,
 * so that a part sent twice does not begin it again. At a join the blob and its parts are in memory together.
 *
 * <p>Pure: no clock, no client. Owned by one thread.
 */
public final class PartJoiner {
    private final int blobsMax;
    private final long bytesMax;
    private final LinkedHashMap<PartKey, Unfinished> unfinished = new LinkedHashMap<>();
    private final LinkedHashMap<PartKey, Ending> ended = new LinkedHashMap<>();
    private long heldBytes;

    private enum Ending {
        JOINED,
        DROPPED
    }

    /**
     * What became of a part, and of other blobs because of it.
     *
     * @param dropped unfinished blobs given up with this part, oldest first; each must be accounted for by the caller
     */
    public record Answer(Outcome outcome, List<Dropped> dropped) {
        public Answer {
            dropped = List.copyOf(dropped);
        }
    }

    /** What became of a part. */
    public sealed interface Outcome {}

    /** Kept; more are needed. */
    public record Waiting(int have, int count) implements Outcome {}

    /** The part was there already, or its blob was joined before; nothing changed. */
    public record Repeated() implements Outcome {}

    /**
     * The last part: here is the blob.
     *
     * @param offsets of its parts, in order of the parts
     */
    public record Joined(PartKey key, byte[] blob, List<Long> offsets) implements Outcome {
        public Joined {
            offsets = List.copyOf(offsets);
        }
    }

    /**
     * The last part has come of a blob whose data was let go of: it is to be read again and joined by {@link #join}.
     *
     * @param offsets of its parts, in order of the parts
     */
    public record LetGo(PartKey key, List<Long> offsets) implements Outcome {
        public LetGo {
            offsets = List.copyOf(offsets);
        }
    }

    /** The part cannot be used. */
    public record Refused(String reason) implements Outcome {}

    /**
     * A blob given up.
     *
     * @param have how many of its parts had come
     * @param offsets of those, in order of the parts
     */
    public record Dropped(PartKey key, int have, int count, List<Long> offsets, String reason) {
        public Dropped {
            offsets = List.copyOf(offsets);
        }
    }

    /** @param part null when its data was let go of */
    private record Held(
            int sizeBytes,
            int partCrc32c,
            long offset,
            @Nullable Part part) {}

    private static final class Unfinished {
        private final int count;
        private final int blobCrc32c;
        private final TreeMap<Integer, Held> parts = new TreeMap<>();
        private long sizeBytes;
        private boolean letGo;

        Unfinished(Part first) {
            count = first.count();
            blobCrc32c = first.blobCrc32c();
        }

        long heldBytes() {
            return letGo ? 0 : sizeBytes;
        }

        void add(Part part, long offset) {
            int size = part.data().length;
            parts.put(part.number(), new Held(size, part.partCrc32c(), offset, letGo ? null : part));
            sizeBytes += size;
        }

        void letGo() {
            letGo = true;
            parts.replaceAll((number, held) -> new Held(held.sizeBytes(), held.partCrc32c(), held.offset(), null));
        }

        List<Part> inOrder() {
            return parts.values().stream()
                    .map(held -> Objects.requireNonNull(held.part()))
                    .toList();
        }

        List<Long> offsets() {
            return parts.values().stream().map(Held::offset).toList();
        }
    }

    /**
     * @param blobsMax how many unfinished blobs may be held, 1 or more
     * @param bytesMax how many bytes of parts may be held, 1 or more, and how large one blob may be: it is in memory when
     *     it is joined
     */
    public PartJoiner(int blobsMax, long bytesMax) {
        if (blobsMax < 1) {
            throw new IllegalArgumentException("blobsMax must be 1 or more, was " + blobsMax);
        }
        if (bytesMax < 1) {
            throw new IllegalArgumentException("bytesMax must be 1 or more, was " + bytesMax);
        }
        this.blobsMax = blobsMax;
        this.bytesMax = bytesMax;
    }

    /**
     * Takes the next part.
     *
     * @param offset where its record stands
     */
    public Answer add(Part part, long offset) {
        Ending ending = ended.get(part.key());
        if (ending != null) {
            return alone(
                    ending == Ending.JOINED
                            ? new Repeated()
                            : new Refused(name(part) + " comes after its blob was dropped"));
        }
        Optional<String> flaw = flaw(part);
        if (flaw.isPresent()) {
            return alone(new Refused(flaw.get()));
        }
        Unfinished blob = unfinished.get(part.key());
        if (blob != null && blob.parts.containsKey(part.number())) {
            return alone(new Repeated());
        }
        if (blob != null && blob.sizeBytes + part.data().length > bytesMax) {
            String reason = name(part) + " makes its blob larger than the limit of " + bytesMax + " bytes held";
            return new Answer(new Refused(reason), List.of(drop(part.key(), reason)));
        }
        return take(part, offset, makeRoom(part));
    }

    /** Unfinished blobs held now. */
    public int unfinishedBlobs() {
        return unfinished.size();
    }

    /** Unfinished blobs whose data was let go of. */
    public long blobsLetGo() {
        return unfinished.values().stream().filter(blob -> blob.letGo).count();
    }

    /** Bytes of parts held now. */
    public long heldBytes() {
        return heldBytes;
    }

    /** Of each unfinished blob, the lowest offset of a part that is held. */
    public Map<PartKey, Long> firstOffsets() {
        Map<PartKey, Long> first = new HashMap<>();
        unfinished.forEach((key, blob) ->
                first.put(key, blob.offsets().stream().min(Long::compare).orElseThrow()));
        return first;
    }

    /**
     * Forgets the unfinished blobs of a group that needs them no more; they are not reported as dropped.
     *
     * @return the lowest offset of a part that was held; empty where none was
     */
    public OptionalLong forget(GroupIndex index) {
        OptionalLong first = unfinished.entrySet().stream()
                .filter(entry -> entry.getKey().groupIndex().equals(index))
                .flatMap(entry -> entry.getValue().offsets().stream())
                .mapToLong(Long::longValue)
                .min();
        unfinished.entrySet().removeIf(entry -> {
            boolean gone = entry.getKey().groupIndex().equals(index);
            heldBytes -= gone ? entry.getValue().heldBytes() : 0;
            return gone;
        });
        return first;
    }

    /**
     * Joins parts that are all at hand, such as those read again by the offsets of a manifest.
     *
     * @param parts all parts of one blob, in order
     * @throws BadRecordException when one is missing, of another blob or damaged
     */
    public static byte[] join(List<Part> parts) throws BadRecordException {
        if (parts.isEmpty()) {
            throw new BadRecordException("no parts to join");
        }
        Part first = parts.getFirst();
        if (parts.size() != first.count()) {
            throw new BadRecordException(first.key() + " has " + first.count() + " parts, given were " + parts.size());
        }
        long sizeBytes = 0;
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            Optional<String> flaw = flaw(part, first.count(), first.blobCrc32c());
            if (flaw.isPresent()) {
                throw new BadRecordException(flaw.get());
            }
            if (!part.key().equals(first.key()) || part.number() != i + 1) {
                throw new BadRecordException("part " + (i + 1) + "/" + first.count() + " of " + first.key()
                        + " expected, got " + name(part));
            }
            sizeBytes += part.data().length;
        }
        if (sizeBytes > Safetensors.BLOB_BYTES_MAX) {
            throw new BadRecordException(first.key() + " has " + sizeBytes + " bytes in its parts, the limit is "
                    + Safetensors.BLOB_BYTES_MAX);
        }
        byte[] blob = new byte[(int) sizeBytes];
        int at = 0;
        for (Part part : parts) {
            System.arraycopy(part.data(), 0, blob, at, part.data().length);
            at += part.data().length;
        }
        if (Part.crc32c(blob) != first.blobCrc32c()) {
            throw new BadRecordException("the joined blob of " + first.key() + " does not have its checksum");
        }
        return blob;
    }

    private Answer take(Part part, long offset, List<Dropped> dropped) {
        Unfinished blob = unfinished.computeIfAbsent(part.key(), key -> new Unfinished(part));
        blob.add(part, offset);
        heldBytes += blob.letGo ? 0 : part.data().length;
        if (blob.parts.size() < blob.count) {
            return new Answer(new Waiting(blob.parts.size(), blob.count), dropped);
        }
        if (blob.letGo) {
            end(part.key(), Ending.JOINED);
            return new Answer(new LetGo(part.key(), blob.offsets()), dropped);
        }
        try {
            byte[] joined = join(blob.inOrder());
            end(part.key(), Ending.JOINED);
            return new Answer(new Joined(part.key(), joined, blob.offsets()), dropped);
        } catch (BadRecordException e) {
            dropped.add(drop(part.key(), String.valueOf(e.getMessage())));
            return new Answer(new Refused(String.valueOf(e.getMessage())), dropped);
        }
    }

    private Optional<String> flaw(Part part) {
        Unfinished blob = unfinished.get(part.key());
        Optional<String> flaw =
                blob == null ? flaw(part, part.count(), part.blobCrc32c()) : flaw(part, blob.count, blob.blobCrc32c);
        if (flaw.isPresent()) {
            return flaw;
        }
        if (part.count() > bytesMax || part.data().length > bytesMax) {
            return Optional.of(name(part) + ": a blob of " + part.count() + " parts, this one of " + part.data().length
                    + " bytes, cannot fit into the limit of " + bytesMax + " bytes held");
        }
        Held same = blob == null ? null : blob.parts.get(part.number());
        if (same != null && same.partCrc32c() != part.partCrc32c()) {
            return Optional.of(name(part) + " came before with other content, at offset " + same.offset());
        }
        return Optional.empty();
    }

    private static Optional<String> flaw(Part part, int count, int blobCrc32c) {
        if (Part.crc32c(part.data()) != part.partCrc32c()) {
            return Optional.of(name(part) + " does not have its checksum");
        }
        if (part.count() != count) {
            return Optional.of(name(part) + " is of " + part.count() + " parts, those before it of " + count);
        }
        if (part.blobCrc32c() != blobCrc32c) {
            return Optional.of(name(part) + " names another checksum of the blob than those before it");
        }
        return Optional.empty();
    }

    private List<Dropped> makeRoom(Part part) {
        List<Dropped> dropped = new ArrayList<>();
        if (!unfinished.containsKey(part.key()) && unfinished.size() == blobsMax) {
            dropped.add(dropOldest("more than " + blobsMax + " unfinished blobs"));
        }
        Unfinished blob = unfinished.get(part.key());
        int needed = blob != null && blob.letGo ? 0 : part.data().length;
        for (Unfinished oldest : unfinished.values()) {
            if (heldBytes + needed <= bytesMax) {
                break;
            }
            heldBytes -= oldest.heldBytes();
            oldest.letGo();
            needed = oldest == blob ? 0 : needed;
        }
        return dropped;
    }

    private Dropped dropOldest(String reason) {
        return drop(unfinished.firstEntry().getKey(), reason);
    }

    private Dropped drop(PartKey key, String reason) {
        Unfinished blob = end(key, Ending.DROPPED);
        return new Dropped(key, blob.parts.size(), blob.count, blob.offsets(), reason);
    }

    private Unfinished end(PartKey key, Ending ending) {
        Unfinished blob = unfinished.remove(key);
        if (blob == null) {
            throw new IllegalStateException("no unfinished blob of " + key);
        }
        heldBytes -= blob.heldBytes();
        ended.put(key, ending);
        if (ended.size() > blobsMax) {
            Iterator<Map.Entry<PartKey, Ending>> oldest = ended.entrySet().iterator();
            oldest.next();
            oldest.remove();
        }
        return blob;
    }

    private static Answer alone(Outcome outcome) {
        return new Answer(outcome, List.of());
    }

    private static String name(Part part) {
        return "part " + part.number() + "/" + part.count() + " of " + part.key();
    }
}
