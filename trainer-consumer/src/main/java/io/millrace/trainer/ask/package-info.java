/** What a trainer may ask of a run, and what it is answered. */
@NullMarked
package io.millrace.trainer.ask;

import org.jspecify.annotations.NullMarked;
