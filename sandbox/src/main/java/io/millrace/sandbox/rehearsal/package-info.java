/** The whole system in one JVM for a few steps, so that a JVM's ahead-of-time cache knows every role. */
@NullMarked
package io.millrace.sandbox.rehearsal;

import org.jspecify.annotations.NullMarked;
