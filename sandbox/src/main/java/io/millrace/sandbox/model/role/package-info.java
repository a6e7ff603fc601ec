/** Producer and trainer consumer of the model: their own pure classes, moved by hand, within bounds. */
@NullMarked
package io.millrace.sandbox.model.role;

import org.jspecify.annotations.NullMarked;
