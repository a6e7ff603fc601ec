/**
 * Producer and trainer consumer of the model: their own pure classes, moved by hand, within bounds; what stands on
 * topics and in workers' hands.
 */
@NullMarked
package io.millrace.sandbox.model.role;

import org.jspecify.annotations.NullMarked;
