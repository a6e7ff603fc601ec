package io.millrace.producer;

import io.millrace.common.chat.ModelChat;
import io.millrace.common.chat.ModelFolderException;
import io.millrace.common.chat.ModelTokenizer;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.json.Json;
import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.chat.ModelRendering;
import io.millrace.producer.source.chat.Rendering;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.load.DataSetSpec;
import io.millrace.producer.source.row.RewardCheck;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

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

        @Setting(
                defaultValue = "false",
                help = "Render chat messages, and texts as a user's message, by the chat template of the model in"
                        + " --hf-checkpoint, and tokenize them by its tokenizer")
        boolean applyChatTemplate,

        @Setting(help = "Folder of the model, with tokenizer.json and tokenizer_config.json") @Nullable
        Path hfCheckpoint,

        @Setting(help = "Arguments of the model's chat template, a JSON object such as {\"enable_thinking\": false}")
        @Nullable
        String chatTemplateKwargs,

        @Setting(help = "Today for chat templates that ask, as 2026-11-30; without it they are refused") @Nullable
        String chatTemplateDate,

        @Setting(defaultValue = "chatml", help = "How chat messages become text without --apply-chat-template")
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
        arguments(chatTemplateKwargs);
        date(chatTemplateDate);
    }

    private static ObjectNode arguments(@Nullable String json) {
        try {
            if (json == null || json.isBlank()) {
                return Json.object();
            }
            if (Json.MAPPER.readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw SettingException.impossible("--chat-template-kwargs", "it is no JSON: " + e.getOriginalMessage());
        }
        throw SettingException.impossible("--chat-template-kwargs", "it must be a JSON object, was " + json);
    }

    private static @Nullable LocalDate date(@Nullable String text) {
        try {
            return text == null ? null : LocalDate.parse(text);
        } catch (DateTimeParseException e) {
            throw SettingException.impossible(
                    "--chat-template-date", "it must be a date such as 2026-11-30, was " + text);
        }
    }

    /** What renders messages; reads the model's folder. */
    Rendering rendering() {
        if (!applyChatTemplate) {
            return chatTemplate;
        }
        if (hfCheckpoint == null) {
            throw SettingException.impossible(
                    "--apply-chat-template", "it needs --hf-checkpoint, the folder of the model whose template it is");
        }
        try {
            return new ModelRendering(
                    ModelChat.of(hfCheckpoint, arguments(chatTemplateKwargs), date(chatTemplateDate)),
                    ModelTokenizer.of(hfCheckpoint));
        } catch (ModelFolderException e) {
            throw SettingException.impossible("--apply-chat-template", String.valueOf(e.getMessage()));
        }
    }

    DataSetSpec spec() {
        return DataSetSpec.parse(dataset);
    }

    /** @param rendering of these settings, which takes a while to make */
    RowShape shape(Rendering rendering) {
        return new RowShape(
                rowShape,
                new ColumnNames(inputKey, labelKey, metadataKey, toolKey),
                rendering,
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
