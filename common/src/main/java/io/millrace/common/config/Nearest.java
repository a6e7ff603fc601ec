package io.millrace.common.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Which known name somebody may have meant. Stateless. */
final class Nearest {
    /** A name of which more than a third is wrong is another name. */
    private static final int LETTERS_PER_MISTAKE = 3;

    private Nearest() {}

    /** In words, for the end of a message. */
    static String words(String name, Collection<String> known) {
        return of(name, known)
                .map(nearest -> "the nearest known name is '" + nearest + "'")
                .orElse("no known name is like it, see --help of the command");
    }

    /** The known name with the fewest letters changed, added or left out; the first of the alphabet of several. */
    static Optional<String> of(String name, Collection<String> known) {
        int limit = Math.max(1, name.length() / LETTERS_PER_MISTAKE);
        return known.stream()
                .filter(one -> distance(name, one) <= limit)
                .min(Comparator.comparingInt((String one) -> distance(name, one))
                        .thenComparing(one -> one));
    }

    private static int distance(String left, String right) {
        int[] above = new int[right.length() + 1];
        for (int j = 0; j <= right.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            int[] row = new int[right.length() + 1];
            row[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int changed = above[j - 1] + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(changed, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[right.length()];
    }
}
