/** What an evaluation has come to, from its records alone. No thread, clock or client inside. */
@NullMarked
package io.millrace.trainer.evaluate.score;

import org.jspecify.annotations.NullMarked;
