package io.millrace.producer.source.row;

import io.millrace.common.reward.LabelException;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.Rewards;
import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.column.BadRowReason;
import org.jspecify.annotations.Nullable;

/**
 * Refuses rows that no worker could score: whose reward nobody knows, that have none, or whose label is missing or none
 * that it can compare with. Such a group would be generated in full, fail, and be tried again. Immutable.
 *
 * @param defaultType of rows that name none; null when every row must name its own
 */
public record RewardCheck(Rewards rewards, @Nullable String defaultType) implements RowCheck {
    /** @throws IllegalArgumentException when nobody knows the default */
    public RewardCheck {
        if (defaultType != null && rewards.named(defaultType).isEmpty()) {
            throw new IllegalArgumentException(rewards.unknown(defaultType));
        }
    }

    /** With the rewards of the class path. */
    public RewardCheck(@Nullable String defaultType) {
        this(Rewards.installed(), defaultType);
    }

    @Override
    public void check(PromptRow row) throws BadRowException {
        NamedReward reward = reward(row);
        try {
            var _ = reward.labels().read(row.label());
        } catch (LabelException e) {
            throw new BadRowException(
                    e.isMissing() ? BadRowReason.NO_LABEL : BadRowReason.BAD_LABEL,
                    "reward " + reward.name() + ": " + e.getMessage());
        }
    }

    private NamedReward reward(PromptRow row) throws BadRowException {
        String name;
        try {
            name = Rewards.name(row.metadata(), defaultType).orElse(null);
        } catch (IllegalArgumentException e) {
            throw new BadRowException(BadRowReason.UNKNOWN_REWARD, String.valueOf(e.getMessage()));
        }
        if (name == null) {
            throw new BadRowException(
                    BadRowReason.NO_REWARD,
                    "no metadata " + Rewards.METADATA_KEY + ", and --reward-type gives no other reward");
        }
        return rewards.named(name)
                .orElseThrow(() -> new BadRowException(BadRowReason.UNKNOWN_REWARD, rewards.unknown(cut(name))));
    }

    private static String cut(String name) {
        int max = 64;
        return name.length() <= max ? name : name.substring(0, max) + "...";
    }
}
