/**
 * How a sample is made, as a plug point: what a generator is, what it is given, what it gives back. Knows engines only by
 * what they answered.
 */
@NullMarked
package io.millrace.worker.generator;

import org.jspecify.annotations.NullMarked;
