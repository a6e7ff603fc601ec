/** A run's topics to files and back, with the offsets they had. */
@NullMarked
package io.millrace.ops.backup;

import org.jspecify.annotations.NullMarked;
