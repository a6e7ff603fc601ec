package io.millrace.common.reward.function;

import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * slime's {@code f1} (slime/rollout/rm_hub/f1.py): the F1 of the words that response and label share, both in SQuAD's
 * normal form (lower case; no ASCII punctuation; no a, an, the). Where either is just yes, no or noanswer, only the same
 * answer counts.
 */
public final class F1Reward implements NamedReward {
    /**
     * In characters: a hundred thousand tokens or so, read in well below 100 ms. Among so many words those of an answer would
     * count as nothing, so that a longer response gets the lowest reward unread.
     */
    public static final int RESPONSE_LENGTH_MAX = 300_000;

    private static final Set<String> VERDICTS = Set.of("yes", "no", "noanswer");

    @Override
    public String name() {
        return "f1";
    }

    @Override
    public LabelRule labels() {
        return LabelRule.TEXT;
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        List<String> expected = SquadWords.of(request.label(this));
        if (request.response().length() > RESPONSE_LENGTH_MAX) {
            return Reward.of(0);
        }
        List<String> given = SquadWords.of(request.response());
        if ((isVerdict(expected) || isVerdict(given)) && !given.equals(expected)) {
            return Reward.of(0);
        }
        return Reward.of(f1(given, expected));
    }

    private static boolean isVerdict(List<String> words) {
        return words.size() == 1 && VERDICTS.contains(words.getFirst());
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
}
