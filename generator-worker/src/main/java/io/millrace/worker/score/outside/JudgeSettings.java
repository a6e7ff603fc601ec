package io.millrace.worker.score.outside;

import io.millrace.common.config.HttpAddress;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.reward.OutsideReward;
import io.millrace.common.units.ByteSize;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Judges of samples outside the worker. */
public record JudgeSettings(
        @Setting(
                help =
                        "Program of the rewards 'command', 'ifbench' and 'math-verify', with its arguments, in quotes where they have blanks; it gets a"
                                + " sample as a line of JSON and answers with one")
        @Nullable
        String scorerCommand,

        @Setting(
                defaultValue = "4GiB",
                range = "0B or more",
                help = "Address space that a process of it may have; 0B for no limit")
        ByteSize scorerMemory,

        @Setting(help = "URL of the reward 'http', which gets the same by POST") @Nullable
        String scorerUrl,

        @Setting(help = "URL of slime's reward 'remote_rm'") @Nullable
        String rmUrl,

        @Setting(defaultValue = "score", help = "Which number counts of an answer that is an object")
        String rewardKey,

        @Setting(help = "The same of evaluations; --reward-key unless given") @Nullable
        String evalRewardKey,

        @Setting(
                defaultValue = "false",
                help = "Let the rewards that can, command and http among them, judge the samples of each group at once")
        boolean groupRm) {
    /** A word: in quotes, where a backslash takes the next as it is, or without blanks. */
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s'\"]+)");

    public JudgeSettings {
        if (scorerCommand != null && words(scorerCommand).isEmpty()) {
            throw SettingException.impossible("--scorer-command", "names no program");
        }
        HttpAddress.require("--scorer-url", scorerUrl);
        HttpAddress.require("--rm-url", rmUrl);
    }

    /** As a shell would read it, without anything that a shell would do with it. */
    private static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(command);
        while (matcher.find()) {
            String quoted = matcher.group(2);
            words.add(
                    matcher.group(1) != null
                            ? matcher.group(1)
                            : quoted != null ? quoted.replaceAll("\\\\(.)", "$1") : matcher.group(3));
        }
        return words;
    }

    /** Those that are set, new; who is given them closes them. */
    public List<Judge> judges() {
        List<Judge> judges = new ArrayList<>();
        if (scorerCommand != null) {
            ScorerPool pool = new ScorerPool(words(scorerCommand), scorerMemory.bytes() >> 10);
            for (OutsideReward as : List.of(OutsideReward.COMMAND, OutsideReward.IFBENCH, OutsideReward.MATH_VERIFY)) {
                judges.add(new CommandReward(as, pool, keys()));
            }
        }
        if (scorerUrl != null) {
            judges.add(new HttpGroupReward(URI.create(scorerUrl), keys()));
        }
        if (rmUrl != null) {
            judges.add(new HttpReward(OutsideReward.REMOTE_RM, URI.create(rmUrl), keys()));
        }
        return judges;
    }

    /** Which numbers count. */
    public RewardKeys keys() {
        return new RewardKeys(rewardKey, evalRewardKey == null ? rewardKey : evalRewardKey);
    }
}
