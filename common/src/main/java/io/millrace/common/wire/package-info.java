/** The safetensors form of a rollout group, and its parts when it is too large for one record. */
@NullMarked
package io.millrace.common.wire;

import org.jspecify.annotations.NullMarked;
