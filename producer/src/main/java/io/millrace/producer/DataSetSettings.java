package io.millrace.producer;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.load.DataSetSpec;
import io.millrace.producer.source.row.ChatTemplate;
import io.millrace.producer.source.row.RewardCheck;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import org.jspecify.annotations.Nullable;

/** Where prompts come from and in which order they go out; flags as slime has them, where it has them. */
public record DataSetSettings(
        @Setting(
                defaultValue = Setting.REQUIRED,
                help =
                        "Prompts, a file of JSON lines (.jsonl, .jsonl.gz, .jsonl.zst) or .parquet; path@[a:b] takes rows a to b"
                                + " - 1")
        String dataset,

        @Setting(
                defaultValue = "auto",
                help = "Which columns rows have: slime, those that the keys below name; verl, trl or openai, their own;"
                        + " auto, told by the first row")
        RowForm rowShape,

        @Setting(defaultValue = "prompt", help = "Key of a row's prompt: a text, chat messages or token ids")
        String inputKey,

        @Setting(defaultValue = "label", help = "Key of what the reward compares with")
        String labelKey,

        @Setting(
                help = "Regular expression with one group, which is the label where it first matches: '#### (.+)' of"
                        + " gsm8k's answers; a row with a label that it does not match is a bad row")
        @Nullable
        String labelPattern,

        @Setting(defaultValue = "metadata", help = "Key of an object passed on with the task")
        String metadataKey,

        @Setting(defaultValue = "tools", help = "Key of the tools that the model is told of")
        String toolKey,

        @Setting(defaultValue = "chatml", help = "How chat messages become text")
        ChatTemplate chatTemplate,

        @Setting(defaultValue = "true", help = "Give each epoch an order of its own")
        boolean shuffle,

        @Setting(defaultValue = "42", help = "Seed of the prompt order; a run keeps its seed")
        long seed,

        @Setting(
                defaultValue = "0",
                range = "0 or more epochs",
                help = "How often the data set is gone through; 0 for without end")
        long epochs,

        @Setting(
                defaultValue = "131072",
                range = "1 or more characters",
                help = "Longest prompt text; a longer one is a bad row")
        int maxPromptChars,

        @Setting(
                defaultValue = "32768",
                range = "1 or more tokens",
                help = "Longest prompt of token ids; a longer one is a bad row")
        int maxPromptTokens,

        @Setting(
                defaultValue = "0.01",
                range = "0.0 to 1.0",
                help = "The share of bad rows above which the producer does not start")
        double badRowsMaxShare,

        @Setting(
                help =
                        "Reward of prompts whose metadata has no rm_type; an unknown name is refused with those that there are."
                                + " Without it a row that names none is a bad row")
        @Nullable
        String rewardType) {
    public DataSetSettings {
        try {
            var _ = new RewardCheck(rewardType);
        } catch (IllegalArgumentException e) {
            throw SettingException.impossible("--reward-type", String.valueOf(e.getMessage()));
        }
        DataSetSpec.parse(dataset);
        new RowShape(
                rowShape,
                new ColumnNames(inputKey, labelKey, metadataKey, toolKey),
                chatTemplate,
                RowShape.labelPattern(labelPattern));
    }

    DataSetSpec spec() {
        return DataSetSpec.parse(dataset);
    }

    RowShape shape() {
        return new RowShape(
                rowShape,
                new ColumnNames(inputKey, labelKey, metadataKey, toolKey),
                chatTemplate,
                RowShape.labelPattern(labelPattern));
    }

    /** A row must have a reward that workers know, and the label that this needs. */
    RowCheck check() {
        return new RewardCheck(rewardType);
    }

    /** @param taskBytesMax the largest task: a row must leave room in it for messages as they are and rendered */
    RowLimits limits(long taskBytesMax) {
        long rowBytes = Math.min(RowLimits.DEFAULTS.maxRowBytes(), taskBytesMax / 8 * 3);
        return new RowLimits(maxPromptChars, maxPromptTokens, badRowsMaxShare, (int) rowBytes);
    }
}
