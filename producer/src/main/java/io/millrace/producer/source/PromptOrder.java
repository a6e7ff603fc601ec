package io.millrace.producer.source;

import io.millrace.common.id.GroupIndex;
import org.jspecify.annotations.Nullable;

/**
 * Which row a group gets: a pure function of (seed, size, shuffle) and the group index. The rows are gone through epoch
 * after epoch, each time in an order of its own; without shuffling in file order. For all threads.
 *
 * <p>An epoch's order is a Fisher-Yates permutation, kept for the epoch last asked for: 4 bytes a row, made again in
 * about 20 ms for a million rows, so a resume costs one permutation wherever it begins. A format-preserving cipher would
 * need no memory, but is no uniform choice on small sets and harder to believe. The random numbers are SplitMix64
 * (Steele, Lea, Flood, OOPSLA 2014), written out since the JDK does not promise that its generators keep their
 * sequences, and a run must keep its order over years. Seed and epoch are mixed, not added: with slime's seed + epoch,
 * the second epoch of seed 1 is the first of seed 2.
 */
public final class PromptOrder {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private final long seed;
    private final int size;
    private final boolean shuffle;
    private final long epochs;

    /** Replaced whole, and any thread's copy is right, so no lock. */
    private volatile @Nullable Permutation lastAsked;

    /**
     * @param size rows in the data set, 1 or more
     * @param shuffle whether each epoch has an order of its own
     * @param epochs how often the data set is gone through, 0 for without end
     */
    public PromptOrder(long seed, int size, boolean shuffle, long epochs) {
        if (size < 1) {
            throw new IllegalArgumentException("size must be 1 or more, was " + size);
        }
        if (epochs < 0) {
            throw new IllegalArgumentException("epochs must be 0 (without end) or more, was " + epochs);
        }
        this.seed = seed;
        this.size = size;
        this.shuffle = shuffle;
        this.epochs = epochs;
    }

    /**
     * Where a group's prompt stands.
     *
     * @param epoch how often the data set had been gone through, 0 for the first time
     * @param row position in the data set, 0 to size - 1
     */
    public record Position(long epoch, int row) {}

    public long seed() {
        return seed;
    }

    /** Rows in the data set. */
    public int size() {
        return size;
    }

    /** Defined for every index, also past the end. */
    public Position at(GroupIndex group) {
        long epoch = group.value() / size;
        int place = (int) (group.value() % size);
        return new Position(epoch, shuffle ? permutation(epoch).rows[place] : place);
    }

    /** Whether this group is past the last epoch, so that no such group is published. */
    public boolean exhausted(GroupIndex group) {
        return epochs > 0 && group.value() / size >= epochs;
    }

    private Permutation permutation(long epoch) {
        Permutation known = lastAsked;
        if (known != null && known.epoch == epoch) {
            return known;
        }
        Permutation made = new Permutation(epoch, rows(epoch));
        lastAsked = made;
        return made;
    }

    private int[] rows(long epoch) {
        int[] rows = new int[size];
        for (int i = 0; i < size; i++) {
            rows[i] = i;
        }
        long state = mix(mix(seed) + epoch * GAMMA);
        for (int last = size - 1; last > 0; last--) {
            state += GAMMA;
            int chosen = (int) Math.unsignedMultiplyHigh(mix(state), last + 1L);
            int row = rows[chosen];
            rows[chosen] = rows[last];
            rows[last] = row;
        }
        return rows;
    }

    private static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    /** The rows of one epoch in their order; never changed once made. */
    private static final class Permutation {
        final long epoch;
        final int[] rows;

        Permutation(long epoch, int[] rows) {
            this.epoch = epoch;
            this.rows = rows;
        }
    }
}
