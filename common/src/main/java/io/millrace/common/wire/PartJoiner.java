package io.millrace.common.wire;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Puts parts back together. It holds at most so many unfinished blobs and so many bytes; past a limit the oldest
 * unfinished one, by its first part, is dropped and reported, and later parts of it are refused instead of beginning it
 * anew. A blob that was joined or dropped is remembered for as long as it is among the last {@code blobsMax} of those,
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

    private record Held(Part part, long offset) {}

    private static final class Unfinished {
        private final int count;
        private final int blobCrc32c;
        private final TreeMap<Integer, Held> parts = new TreeMap<>();

        Unfinished(Part first) {
            count = first.count();
            blobCrc32c = first.blobCrc32c();
        }

        long sizeBytes() {
            return parts.values().stream()
                    .mapToLong(held -> held.part().data().length)
                    .sum();
        }

        List<Part> inOrder() {
            return parts.values().stream().map(Held::part).toList();
        }

        List<Long> offsets() {
            return parts.values().stream().map(Held::offset).toList();
        }
    }

    /**
     * @param blobsMax how many unfinished blobs may be held, 1 or more
     * @param bytesMax how many bytes of parts may be held, 1 or more; at least the group limit, or large groups never
     *     come together
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
        List<Dropped> dropped = makeRoom(part);
        if (ended.containsKey(part.key())) {
            return new Answer(
                    new Refused(name(part) + " would pass the limit of " + bytesMax + " bytes held"), dropped);
        }
        return take(part, offset, dropped);
    }

    /** Unfinished blobs held now. */
    public int unfinishedBlobs() {
        return unfinished.size();
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
            heldBytes -= gone ? entry.getValue().sizeBytes() : 0;
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
        blob.parts.put(part.number(), new Held(part, offset));
        heldBytes += part.data().length;
        if (blob.parts.size() < blob.count) {
            return new Answer(new Waiting(blob.parts.size(), blob.count), dropped);
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
        if (same != null && same.part().partCrc32c() != part.partCrc32c()) {
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
        while (!unfinished.isEmpty() && heldBytes + part.data().length > bytesMax) {
            dropped.add(dropOldest("more than " + bytesMax + " bytes of unfinished blobs"));
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
        heldBytes -= blob.sizeBytes();
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
