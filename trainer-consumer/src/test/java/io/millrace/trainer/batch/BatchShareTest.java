package io.millrace.trainer.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchShareTest {
    private static long sum(long[] tokens, List<Integer> places) {
        return places.stream().mapToLong(place -> tokens[place]).sum();
    }

    @Test
    void everyGroupIsInExactlyOneRankAndRanksDifferByOneGroupAtMost() {
        Random random = new Random(5);
        for (int run = 0; run < 500; run++) {
            long[] tokens = random.longs(1 + random.nextInt(60), 0, 9_000).toArray();
            int world = 1 + random.nextInt(tokens.length);
            List<Integer> all = new ArrayList<>();
            for (int rank = 0; rank < world; rank++) {
                List<Integer> mine = new BatchShare(rank, world).of(tokens);
                assertEquals(mine.stream().sorted().toList(), mine);
                int size = mine.size();
                assertTrue(
                        size == tokens.length / world || size == (tokens.length + world - 1) / world, mine::toString);
                assertEquals(mine, new BatchShare(rank, world).of(tokens), "the same when it is asked again");
                all.addAll(mine);
            }
            assertEquals(
                    IntStream.range(0, tokens.length).boxed().toList(),
                    all.stream().sorted().toList());
        }
    }

    /** Groups of eight samples whose lengths have a long tail, as rollouts have it. */
    @Test
    void ranksAreBalancedByTokens() {
        Random random = new Random(7);
        double worst = 0;
        for (int run = 0; run < 100; run++) {
            long[] tokens = IntStream.range(0, 64)
                    .mapToLong(i -> IntStream.range(0, 8)
                            .mapToLong(sample -> (long) (1_000 * Math.exp(random.nextGaussian())))
                            .sum())
                    .toArray();
            long most = 0;
            long total = 0;
            for (int rank = 0; rank < 8; rank++) {
                long mine = sum(tokens, new BatchShare(rank, 8).of(tokens));
                most = Math.max(most, mine);
                total += mine;
            }
            // The fullest can have no less than the mean, nor than the longest group with the shortest ones.
            long[] sorted = Arrays.stream(tokens).sorted().toArray();
            long longest = sorted[63] + Arrays.stream(sorted, 0, 7).sum();
            worst = Math.max(worst, most / Math.max(total / 8.0, (double) longest));
        }
        assertTrue(worst < 1.15, "the fullest rank has " + worst + " of what it must");
    }

    @Test
    void whatMakesNoShareIsRefusedNamingTheRange() {
        assertTrue(String.valueOf(assertThrows(IllegalArgumentException.class, () -> new BatchShare(2, 2))
                        .getMessage())
                .contains("rank must be from 0 to 1, was 2"));
        assertTrue(String.valueOf(assertThrows(IllegalArgumentException.class, () -> new BatchShare(0, 0))
                        .getMessage())
                .contains("world must be from 1 to 65536, was 0"));
        assertTrue(String.valueOf(assertThrows(
                                IllegalArgumentException.class, () -> new BatchShare(0, 3).of(new long[] {1, 2}))
                        .getMessage())
                .contains("world must be from 1 to 2"));
    }
}
