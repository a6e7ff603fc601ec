/** The page that shows a run, on an operator's own machine. */
@NullMarked
package io.millrace.ops.page;

import org.jspecify.annotations.NullMarked;
