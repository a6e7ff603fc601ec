/**
 * Where prompts come from and in which order: the data set read once and fingerprinted, the prompt order as a pure
 * function, the check that a resumed run still has the same data, and the tasks made of both. Only {@link
 * io.millrace.producer.source.JsonlDataSet} touches a file; the rest owns no thread, client or clock.
 */
@NullMarked
package io.millrace.producer.source;

import org.jspecify.annotations.NullMarked;
