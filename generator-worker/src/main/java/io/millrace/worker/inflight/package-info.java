/** The attempts in this worker's hands: their threads, their deadlines, and the table that its status shows. */
@NullMarked
package io.millrace.worker.inflight;

import org.jspecify.annotations.NullMarked;
