/** Which finished groups are not worth training, decided before they come to a batch. Pure. */
@NullMarked
package io.millrace.trainer.filter;

import org.jspecify.annotations.NullMarked;
