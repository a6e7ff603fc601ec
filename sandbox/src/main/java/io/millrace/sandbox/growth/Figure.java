package io.millrace.sandbox.growth;

/**
 * A measured value.
 *
 * @param of which part
 * @param what was measured
 * @param size how much was held meanwhile, in groups or workers
 */
record Figure(String of, String what, long size, double value, String unit) {}
