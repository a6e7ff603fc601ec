/** Batches on their way to readers: how many at once, how much memory, and who is sent away. */
@NullMarked
package io.millrace.trainer.download;

import org.jspecify.annotations.NullMarked;
