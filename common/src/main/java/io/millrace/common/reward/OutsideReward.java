package io.millrace.common.reward;

import io.millrace.common.rollout.Reward;
import java.util.List;

/**
 * A reward whose judge is outside this process, a program or a server, as workers are told. Everybody knows the name; a
 * worker that has been told of no judge refuses to score.
 *
 * @param setting of the worker that names the judge
 * @param labels any where the judge says itself what it takes
 */
public record OutsideReward(String name, String setting, LabelRule labels) implements NamedReward {
    /** Answers lines of JSON on its standard input. */
    public static final OutsideReward COMMAND = new OutsideReward("command", "--scorer-command", LabelRule.NONE);
    /** Answers a POST of the same. */
    public static final OutsideReward HTTP = new OutsideReward("http", "--scorer-url", LabelRule.NONE);
    /** slime's, which POSTs less (slime/rollout/rm_hub/__init__.py). */
    public static final OutsideReward REMOTE_RM = new OutsideReward("remote_rm", "--rm-url", LabelRule.NONE);

    /** slime's, by the library that it uses; the program of {@link #COMMAND} judges (millrace.scorer does). */
    public static final OutsideReward IFBENCH = new OutsideReward("ifbench", "--scorer-command", LabelRule.NONE);
    /** By the library of that name; likewise. */
    public static final OutsideReward MATH_VERIFY =
            new OutsideReward("math-verify", "--scorer-command", LabelRule.TEXT);

    public static final List<OutsideReward> ALL = List.of(COMMAND, HTTP, REMOTE_RM, IFBENCH, MATH_VERIFY);

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        throw new RewardException(
                RewardFailure.UNKNOWN_REWARD, "reward " + name + ": this worker was started without " + setting);
    }
}
