/**
 * What a finished sample is worth: which rewards there are, which labels they can compare with, and which of them judges
 * a prompt's samples. The producer asks before a prompt is published, workers for every sample. Pure, for all threads.
 */
@NullMarked
package io.millrace.common.reward;

import org.jspecify.annotations.NullMarked;
