/** The processes of a chaos run, the links between them, and what the trainer has seen. */
@NullMarked
package io.millrace.sandbox.chaos.fleet;

import org.jspecify.annotations.NullMarked;
