package io.millrace.producer.source.column;

import java.util.Set;

/** What a column of a row is. */
public enum Column {
    /** The prompt: a text, chat messages or token ids. */
    PROMPT,
    /** What the reward compares with. */
    LABEL,
    /** An object whose {@code ground_truth} is the label; kept besides. */
    REWARD_MODEL,
    /** An object; its fields are the metadata. */
    METADATA,
    /** The tools that the model is told of. */
    TOOLS,
    /** Passed on in the metadata under its own name. */
    KEPT,
    /** Images and the like: nothing here sends them, so only empty ones are taken. */
    MEDIA,
    /** Left out. */
    NONE;

    private static final Set<String> MEDIA_NAMES = Set.of("image", "images", "video", "videos", "audio", "audios");
    private static final String REFERENCE_ANSWER = "reference_answer";

    /** What the column of this name is in rows of a shape other than {@link RowForm#AUTO}. */
    public static Column of(String name, RowForm form, ColumnNames names) {
        if (name.equals(names.tools())) {
            return TOOLS;
        }
        if (name.equals(names.metadata())) {
            return METADATA;
        }
        if (form == RowForm.SLIME) {
            return name.equals(names.input()) ? PROMPT : name.equals(names.label()) ? LABEL : NONE;
        }
        if (MEDIA_NAMES.contains(name)) {
            return MEDIA;
        }
        return switch (form) {
            case VERL ->
                switch (name) {
                    case RowForm.PROMPT -> PROMPT;
                    case RowForm.REWARD_MODEL -> REWARD_MODEL;
                    default -> KEPT;
                };
            case TRL ->
                switch (name) {
                    case RowForm.PROMPT, RowForm.MESSAGES -> PROMPT;
                    case RowForm.SOLUTION -> LABEL;
                    default -> KEPT;
                };
            case OPENAI ->
                switch (name) {
                    case RowForm.MESSAGES -> PROMPT;
                    case REFERENCE_ANSWER -> LABEL;
                    default -> name.equals(names.label()) ? LABEL : KEPT;
                };
            case AUTO, SLIME -> throw new IllegalStateException(form + " has no columns of its own");
        };
    }
}
