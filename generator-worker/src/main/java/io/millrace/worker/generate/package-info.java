/** A group from claim to receipt. */
@NullMarked
package io.millrace.worker.generate;

import org.jspecify.annotations.NullMarked;
