package io.millrace.trainer.evaluate;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.trainer.evaluate.score.EvaluationSchedule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When evaluations happen by themselves, and what holds for those that do not say.
 *
 * @param rewardType null for what the producer has; so is every null that follows
 */
public record EvaluationSettings(
        @Setting(
                name = "eval-interval",
                defaultValue = "0",
                range = "0 to 1000000 steps",
                help = "Evaluate each time so many steps more are in the weights that engines serve; 0 for never")
        int interval,

        @Setting(
                name = "eval-before-training",
                defaultValue = "true",
                help = "With --eval-interval: evaluate the weights before the first step too")
        boolean beforeTraining,

        @Setting(
                name = "eval-dataset",
                defaultValue = "",
                help = "Data set of evaluations, name=path; the path, sliced or not, is one of the producer's machine;"
                        + " repeat it or separate by commas for several")
        List<String> dataSets,

        @Setting(
                name = "eval-samples",
                defaultValue = "1",
                range = "1 to 4096 samples",
                help = "Samples of each prompt of an evaluation")
        int samples,

        @Setting(
                name = "eval-pass-reward",
                defaultValue = "1.0",
                help = "A sample of an evaluation passes with at least this reward")
        double passReward,

        @Setting(
                name = "eval-reward-type",
                help = "Reward of evaluations, for prompts whose metadata has no rm_type; the producer's --reward-type"
                        + " when unset")
        @Nullable
        String rewardType,

        @Setting(
                name = "eval-temperature",
                range = "0.0 or more",
                help = "Sampling temperature of evaluations; the producer's when unset, and so for the next three")
        @Nullable
        Double temperature,

        @Setting(name = "eval-top-p", range = "at most 1.0", help = "Nucleus sampling's share in evaluations, above 0")
        @Nullable
        Double topP,

        @Setting(name = "eval-top-k", range = "-1 or more", help = "Candidates per token in evaluations; -1 for all")
        @Nullable
        Integer topK,

        @Setting(
                name = "eval-max-new-tokens",
                range = "1 or more tokens",
                help = "Longest response of one sample of an evaluation")
        @Nullable
        Integer maxNewTokens,

        @Setting(
                name = "eval-time-limit",
                defaultValue = "1h",
                range = "1s to 168h",
                help = "Time from an evaluation's request on after which it is reported with what there is")
        Duration timeLimit,

        @Setting(
                name = "evals-open-max",
                defaultValue = "4",
                range = "1 to 1000 evaluations",
                help = "Evaluations under way at once; one more is refused, one that is due by itself is left out")
        int openMax,

        @Setting(
                name = "keep-evals",
                defaultValue = "20",
                range = "0 to 100000 evaluations",
                help = "Reported evaluations whose results stay on eval-results; reports stay in any case")
        int keep) {
    private static final String ANY = "any";

    public EvaluationSettings {
        dataSets = List.copyOf(dataSets);
        EvalDataSet defaults;
        try {
            defaults =
                    new EvalDataSet(ANY, ANY, samples, passReward, rewardType, temperature, topP, topK, maxNewTokens);
        } catch (IllegalArgumentException e) {
            throw SettingException.impossible(
                    "--eval-temperature, --eval-top-p, --eval-top-k, --eval-max-new-tokens",
                    String.valueOf(e.getMessage()));
        }
        List<EvalDataSet> parsed = parsed(dataSets, defaults);
        if (interval > 0 && parsed.isEmpty()) {
            throw SettingException.impossible(
                    "--eval-interval and --eval-dataset", "nothing to evaluate: give at least one data set, name=path");
        }
    }

    /** What holds for a data set that does not say; its name and path say nothing. */
    EvalDataSet forDataSets() {
        return new EvalDataSet(ANY, ANY, samples, passReward, rewardType, temperature, topP, topK, maxNewTokens);
    }

    List<EvalDataSet> evalDataSets() {
        return parsed(dataSets, forDataSets());
    }

    EvaluationSchedule schedule(int batchGroups) {
        return new EvaluationSchedule(interval, batchGroups, beforeTraining);
    }

    private static List<EvalDataSet> parsed(List<String> texts, EvalDataSet defaults) {
        List<EvalDataSet> parsed = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String text : texts) {
            int at = text.indexOf('=');
            if (at < 1 || at == text.length() - 1) {
                throw SettingException.impossible("--eval-dataset", "must be name=path, was '" + text + "'");
            }
            String name = text.substring(0, at).strip();
            if (!names.add(name)) {
                throw SettingException.impossible("--eval-dataset", "two data sets are named '" + name + "'");
            }
            try {
                parsed.add(defaults.of(name, text.substring(at + 1).strip()));
            } catch (IllegalArgumentException e) {
                throw SettingException.impossible("--eval-dataset", String.valueOf(e.getMessage()));
            }
        }
        return parsed;
    }
}
