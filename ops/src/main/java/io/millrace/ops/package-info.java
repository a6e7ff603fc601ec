/** The operators' program: what people ask a run. Reads only, but for topics, which are made where they are missing. */
@NullMarked
package io.millrace.ops;

import org.jspecify.annotations.NullMarked;
