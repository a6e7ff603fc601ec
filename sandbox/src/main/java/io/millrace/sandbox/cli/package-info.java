/** The one program with every command. */
@NullMarked
package io.millrace.sandbox.cli;

import org.jspecify.annotations.NullMarked;
