package io.millrace.worker.generate;

import io.millrace.common.rollout.SampleHeader;

/**
 * One finished and scored sample.
 *
 * @param tokens prompt then response ids, as long as the header says
 * @param logProbs of the response ids
 */
record SampleMade(SampleHeader header, int[] tokens, float[] logProbs) {}
