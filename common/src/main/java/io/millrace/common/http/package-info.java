/** The operations endpoints every process serves: metrics, health, status. */
@NullMarked
package io.millrace.common.http;

import org.jspecify.annotations.NullMarked;
