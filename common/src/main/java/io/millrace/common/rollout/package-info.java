/** A finished group of samples as it travels from worker to trainer. */
@NullMarked
package io.millrace.common.rollout;

import org.jspecify.annotations.NullMarked;
