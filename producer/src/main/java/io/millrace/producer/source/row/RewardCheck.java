package io.millrace.producer.source.row;

import io.millrace.common.record.RewardType;
import io.millrace.common.reward.LabelException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Refuses rows that no worker could score: whose reward nobody knows, that have none, or whose label is missing or none
 * that it can compare with. Such a group would be generated in full, fail, and be tried again. Immutable.
 *
 * @param defaultType of rows that name none; null when every row must name its own
 */
public record RewardCheck(@Nullable String defaultType) implements RowCheck {
    public RewardCheck {
        if (defaultType != null && RewardType.named(defaultType).isEmpty()) {
            throw new IllegalArgumentException(unknown(defaultType));
        }
    }

    /** What to say of a name that nobody knows. */
    public static String unknown(String name) {
        return "no reward is called '" + name + "'; known: " + RewardType.known();
    }

    @Override
    public void check(PromptRow row) throws BadRowException {
        RewardType type = type(row);
        try {
            var _ = type.labels().read(row.label());
        } catch (LabelException e) {
            throw new BadRowException(
                    e.isMissing() ? BadRowReason.NO_LABEL : BadRowReason.BAD_LABEL,
                    "reward " + type.word() + ": " + e.getMessage());
        }
    }

    private RewardType type(PromptRow row) throws BadRowException {
        JsonNode named = row.metadata().path(RewardType.METADATA_KEY);
        if (!named.isMissingNode() && !named.isNull() && !named.isString()) {
            throw new BadRowException(
                    BadRowReason.UNKNOWN_REWARD, "metadata " + RewardType.METADATA_KEY + " must be a text");
        }
        String name = named.isString() && !named.stringValue().isBlank() ? named.stringValue() : defaultType;
        if (name == null) {
            throw new BadRowException(
                    BadRowReason.NO_REWARD,
                    "no metadata " + RewardType.METADATA_KEY + ", and --reward-type gives no other reward");
        }
        return RewardType.named(name)
                .orElseThrow(() -> new BadRowException(BadRowReason.UNKNOWN_REWARD, unknown(cut(name))));
    }

    private static String cut(String name) {
        int max = 64;
        return name.length() <= max ? name : name.substring(0, max) + "...";
    }
}
