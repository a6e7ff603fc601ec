/** Start, stop, owner loops and exit codes of every process. */
@NullMarked
package io.millrace.common.lifecycle;

import org.jspecify.annotations.NullMarked;
