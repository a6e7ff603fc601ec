/** The generator {@code http}: agents outside the worker, and the endpoint through which they ask its engines. */
@NullMarked
package io.millrace.worker.agent;

import org.jspecify.annotations.NullMarked;
