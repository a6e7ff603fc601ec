/** A wall clock that can be made to jump under a running process, for faults; loaded as a Java agent. */
@NullMarked
package io.millrace.sandbox.clock;

import org.jspecify.annotations.NullMarked;
