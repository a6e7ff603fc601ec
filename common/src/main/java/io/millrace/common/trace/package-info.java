/** Traces: what a process did for a group, told by OpenTelemetry, and the context that goes with a group's records. */
@NullMarked
package io.millrace.common.trace;

import org.jspecify.annotations.NullMarked;
