/** An account of every group of a run, from its topics alone and apart from the processes that wrote them. */
@NullMarked
package io.millrace.ops.audit;

import org.jspecify.annotations.NullMarked;
