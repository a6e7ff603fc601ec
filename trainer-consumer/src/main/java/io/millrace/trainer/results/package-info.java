/** From records of the results topics to what they say. */
@NullMarked
package io.millrace.trainer.results;

import org.jspecify.annotations.NullMarked;
