/** The one program with every command, and its rehearsal: every role in one process. */
@NullMarked
package io.millrace.sandbox.cli;

import org.jspecify.annotations.NullMarked;
