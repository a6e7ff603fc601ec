/** The size of a step and how far generation may run ahead of training; producer and trainer consumer agree on it. */
@NullMarked
package io.millrace.common.batch;

import org.jspecify.annotations.NullMarked;
