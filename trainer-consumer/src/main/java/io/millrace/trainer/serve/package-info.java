/** The HTTP API over the rollout queue: reads requests, asks, answers. */
@NullMarked
package io.millrace.trainer.serve;

import org.jspecify.annotations.NullMarked;
