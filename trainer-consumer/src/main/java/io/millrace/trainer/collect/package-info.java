/** Which groups have arrived and which of them count; pure but for {@link io.millrace.trainer.collect.ResultParser}'s decoding. */
@NullMarked
package io.millrace.trainer.collect;

import org.jspecify.annotations.NullMarked;
