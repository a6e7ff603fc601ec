/** A leased step's groups: read back from memory and topic, and written in the form that their reader asked for. */
@NullMarked
package io.millrace.trainer.batch;

import org.jspecify.annotations.NullMarked;
