/** A chaos run: its settings, schedule of faults, ports, processes' command lines and data set. */
@NullMarked
package io.millrace.sandbox.chaos.spec;

import org.jspecify.annotations.NullMarked;
