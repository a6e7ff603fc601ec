/** Which groups have arrived and which of them count; pure. */
@NullMarked
package io.millrace.trainer.collect;

import org.jspecify.annotations.NullMarked;
