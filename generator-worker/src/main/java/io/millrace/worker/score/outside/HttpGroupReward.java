package io.millrace.worker.score.outside;

import io.millrace.common.reward.GroupReward;
import io.millrace.common.reward.OutsideReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import java.net.URI;
import java.util.List;

/** The reward {@code http}, whose server may be asked of a whole group too. Thread-safe. */
final class HttpGroupReward extends HttpReward implements GroupReward {
    HttpGroupReward(URI url, RewardKeys keys) {
        super(OutsideReward.HTTP, url, keys);
    }

    @Override
    public List<Reward> scoreGroup(List<RewardRequest> samples) throws RewardException {
        return scoreAll(samples);
    }
}
