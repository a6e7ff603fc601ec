package io.millrace.worker.generate;

/**
 * Why an attempt failed; the first failing sample decides.
 *
 * @param kind stable word, goes on the receipt and into metrics
 */
record AttemptFailure(String kind, String message) {}
