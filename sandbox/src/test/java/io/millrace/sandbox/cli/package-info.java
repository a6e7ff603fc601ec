/** Tests of the program as a whole. */
@NullMarked
package io.millrace.sandbox.cli;

import org.jspecify.annotations.NullMarked;
