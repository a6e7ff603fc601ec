/** Tests of what people ask a run. */
@NullMarked
package io.millrace.common.ops;

import org.jspecify.annotations.NullMarked;
