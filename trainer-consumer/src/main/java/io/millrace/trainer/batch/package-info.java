/** Which finished groups make the next step; pure. */
@NullMarked
package io.millrace.trainer.batch;

import org.jspecify.annotations.NullMarked;
