package io.millrace.common.reward;

import io.millrace.common.rollout.Reward;
import java.util.List;

/**
 * A reward whose judge is outside this process, a program or a server, as workers are told. Everybody knows the name; a
 * worker that has been told of no judge refuses to score. What labels the judge takes it says itself, so any goes.
 *
 * @param setting of the worker that names the judge
 */
public record OutsideReward(String name, String setting) implements NamedReward {
    /** Answers lines of JSON on its standard input. */
    public static final OutsideReward COMMAND = new OutsideReward("command", "--scorer-command");
    /** Answers a POST of the same. */
    public static final OutsideReward HTTP = new OutsideReward("http", "--scorer-url");
    /** slime's, which POSTs less (slime/rollout/rm_hub/__init__.py). */
    public static final OutsideReward REMOTE_RM = new OutsideReward("remote_rm", "--rm-url");

    public static final List<OutsideReward> ALL = List.of(COMMAND, HTTP, REMOTE_RM);

    @Override
    public LabelRule labels() {
        return LabelRule.NONE;
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        throw new RewardException(
                RewardFailure.UNKNOWN_REWARD, "reward " + name + ": this worker was started without " + setting);
    }
}
