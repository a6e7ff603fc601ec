package io.millrace.worker.attempt;

/** Why an attempt ended before all its samples were through; the first reason decides. */
public sealed interface EarlyEnd {
    /**
     * The attempt failed.
     *
     * @param kind stable word, goes on the receipt and into metrics
     */
    record Failure(String kind, String message) implements EarlyEnd {}

    /**
     * This worker gives the group back unfinished.
     *
     * @param keeps whether with what has been generated of it
     */
    record HandBack(String reason, boolean keeps) implements EarlyEnd {}
}
