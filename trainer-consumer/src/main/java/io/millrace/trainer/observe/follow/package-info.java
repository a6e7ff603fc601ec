/** Follows a run's topics for people who look at it; never the payloads of results. */
@NullMarked
package io.millrace.trainer.observe.follow;

import org.jspecify.annotations.NullMarked;
