package io.millrace.trainer.evaluate.score;

import java.util.SequencedSet;
import java.util.TreeSet;

/**
 * pass@k: the probability that at least one of k samples of a prompt passes, estimated without bias from n of them
 * (Chen et al. 2021, arXiv:2107.03374, equation 1). Stateless.
 */
final class PassAt {
    private PassAt() {}

    /** The k that are reported of n samples: powers of two, and n itself. */
    static SequencedSet<Integer> reported(int n) {
        TreeSet<Integer> ks = new TreeSet<>();
        for (int k = 1; k <= n; k *= 2) {
            ks.add(k);
        }
        ks.add(n);
        return ks;
    }

    /**
     * One minus the share of all choices of k samples in which none passes.
     *
     * @param n samples
     * @param passed how many of them pass, 0 to n
     * @param k 1 to n
     */
    static double estimate(int n, int passed, int k) {
        if (n - passed < k) {
            return 1;
        }
        double none = 1;
        for (int i = n - passed + 1; i <= n; i++) {
            none *= 1 - (double) k / i;
        }
        return 1 - none;
    }
}
