package io.millrace.worker.reward;

import io.millrace.common.rollout.Reward;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * slime's {@code f1} (slime/rollout/rm_hub/f1.py): the F1 of the words that response and label share, both in SQuAD's
 * normal form (lower case; no ASCII punctuation; no a, an, the). Where either is just yes, no or noanswer, only the same
 * answer counts.
 */
final class F1Reward implements RewardFunction {
    private static final int LABEL_LENGTH_MAX = 100_000;

    private static final Pattern PUNCTUATION = Pattern.compile("\\p{Punct}");
    // U: word borders and spaces are Unicode's, as in Python.
    private static final Pattern ARTICLE = Pattern.compile("(?U)\\b(?:a|an|the)\\b");
    private static final Pattern SPACES = Pattern.compile("(?U)\\s+");
    private static final Set<String> VERDICTS = Set.of("yes", "no", "noanswer");

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        String expected = normalize(request.requiredLabel(LABEL_LENGTH_MAX));
        String given = normalize(request.response());
        boolean verdict = VERDICTS.contains(expected) || VERDICTS.contains(given);
        if (verdict && !given.equals(expected)) {
            return Reward.of(0);
        }
        return Reward.of(f1(words(given), words(expected)));
    }

    private static double f1(List<String> given, List<String> expected) {
        Map<String, Integer> left = new HashMap<>();
        for (String word : expected) {
            left.merge(word, 1, Integer::sum);
        }
        int shared = 0;
        for (String word : given) {
            int count = left.getOrDefault(word, 0);
            if (count > 0) {
                left.put(word, count - 1);
                shared++;
            }
        }
        if (shared == 0) {
            return 0;
        }
        double precision = (double) shared / given.size();
        double recall = (double) shared / expected.size();
        return 2 * precision * recall / (precision + recall);
    }

    private static List<String> words(String normalized) {
        return normalized.isEmpty() ? List.of() : Arrays.asList(SPACES.split(normalized));
    }

    private static String normalize(String text) {
        String bare = PUNCTUATION.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
        return SPACES.matcher(ARTICLE.matcher(bare).replaceAll(" "))
                .replaceAll(" ")
                .strip();
    }
}
