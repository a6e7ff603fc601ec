/**
 * What becomes of each result, and which groups make the next step: records to be written, and what happened for those
 * who count. Pure.
 */
@NullMarked
package io.millrace.trainer.decide;

import org.jspecify.annotations.NullMarked;
