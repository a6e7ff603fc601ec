package io.millrace.trainer.batch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which groups of a step are one data-parallel rank's: whole groups, since what belongs to a group alone (its baseline,
 * its further tensors) cannot be cut. Every rank has as many as every other, or one more; the largest by tokens go first,
 * each to the rank with the fewest so far. A pure function of the lengths, so that all ranks agree without a word, and a
 * rank that asks again gets the same.
 *
 * @param rank from 0
 * @param world how many ranks there are
 */
public record BatchShare(int rank, int world) {
    /** All groups. */
    public static final BatchShare WHOLE = new BatchShare(0, 1);

    /** Ranks of the largest trainers, and some. */
    public static final int WORLD_MAX = 65_536;

    public BatchShare {
        if (world < 1 || world > WORLD_MAX) {
            throw new IllegalArgumentException("world must be from 1 to " + WORLD_MAX + ", was " + world);
        }
        if (rank < 0 || rank >= world) {
            throw new IllegalArgumentException("rank must be from 0 to " + (world - 1) + ", was " + rank);
        }
    }

    public boolean isWhole() {
        return world == 1;
    }

    /**
     * The places of this rank's groups, ascending.
     *
     * @param tokens of each group, in the order of the step
     * @throws IllegalArgumentException when there are fewer groups than ranks
     */
    public List<Integer> of(long[] tokens) {
        if (tokens.length < world) {
            throw new IllegalArgumentException("world must be from 1 to " + tokens.length
                    + ", since a group goes to one rank whole and the step has so many, was " + world);
        }
        int[] order = IntStream.range(0, tokens.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingLong(i -> -tokens[i]).thenComparing(i -> i))
                .mapToInt(Integer::intValue)
                .toArray();
        long[] sums = new long[world];
        int[] counts = new int[world];
        int each = tokens.length / world;
        int more = tokens.length % world;
        List<Integer> mine = new ArrayList<>();
        for (int place : order) {
            int least = -1;
            for (int one = 0; one < world; one++) {
                boolean room = counts[one] < each || (counts[one] == each && more > 0);
                if (room && (least < 0 || sums[one] < sums[least])) {
                    least = one;
                }
            }
            more -= counts[least] == each ? 1 : 0;
            counts[least]++;
            sums[least] += tokens[place];
            if (least == rank) {
                mine.add(place);
            }
        }
        mine.sort(Comparator.naturalOrder());
        return mine;
    }

    @Override
    public String toString() {
        return rank + " of " + world;
    }
}
