package io.millrace.sandbox.engine.model;

/** Why a completion ended; SGLang's {@code finish_reason} object. */
public sealed interface FinishReason {
    /** Ended by the end-of-text token or a stop token. */
    record StopToken(int id) implements FinishReason {}

    /** Ended by a stop string. */
    record StopString(String matched) implements FinishReason {}

    /** Ended by the token limit. */
    record Length(int tokens) implements FinishReason {}

    /** Ended from outside. */
    record Abort(String message) implements FinishReason {}
}
