/** What the trainer consumer tells of groups in their traces. */
@NullMarked
package io.millrace.trainer.trace;

import org.jspecify.annotations.NullMarked;
