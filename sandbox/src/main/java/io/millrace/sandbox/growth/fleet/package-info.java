/**
 * A fleet in virtual time: the classes that decide in producer, workers and trainer consumer, as they run in production,
 * with topics, clocks and engines in place of the real ones.
 */
@NullMarked
package io.millrace.sandbox.growth.fleet;

import org.jspecify.annotations.NullMarked;
