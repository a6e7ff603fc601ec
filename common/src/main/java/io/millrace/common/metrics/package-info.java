/** The meter registry and what we add to its binders. */
@NullMarked
package io.millrace.common.metrics;

import org.jspecify.annotations.NullMarked;
