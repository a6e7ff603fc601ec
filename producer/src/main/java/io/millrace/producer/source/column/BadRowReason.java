package io.millrace.producer.source.column;

/** Why a row is not used. */
public enum BadRowReason {
    /** The line is no JSON value, or more than one, or not UTF-8. */
    BAD_JSON,
    /** The first row has columns of no shape that is known. */
    UNKNOWN_SHAPE,
    /** The input key is absent or null. */
    MISSING_PROMPT,
    /** A value is of a type that its key does not take. */
    WRONG_SHAPE,
    /** The prompt says nothing: no text, no message, no token. */
    EMPTY_PROMPT,
    /** The line or the prompt is over its limit. */
    TOO_LONG,
    /** Content that is no text: parts, images, tool calls, broken Unicode. */
    NOT_TEXT,
    /** The model's chat template refuses it, or cannot be rendered with it. */
    TEMPLATE,
    /** The reward it names is none that workers know. */
    UNKNOWN_REWARD,
    /** The label pattern does not match its label. */
    LABEL_PATTERN,
    /** Neither the row nor the settings name a reward. */
    NO_REWARD,
    /** Its reward compares with a label, and it has none. */
    NO_LABEL,
    /** Its reward cannot compare with its label, whatever the answer. */
    BAD_LABEL
}
