/** The engine without HTTP: the queue, the running requests, weight updates, faults and counters. */
@NullMarked
package io.millrace.sandbox.engine.runtime;

import org.jspecify.annotations.NullMarked;
