/** Which finished groups make the next step, and whether handing them over keeps the bound on staleness. Pure. */
@NullMarked
package io.millrace.trainer.gate;

import org.jspecify.annotations.NullMarked;
