/** Claimed groups taken to their end: engines asked, samples scored, what became of them published. */
@NullMarked
package io.millrace.worker.generate;

import org.jspecify.annotations.NullMarked;
