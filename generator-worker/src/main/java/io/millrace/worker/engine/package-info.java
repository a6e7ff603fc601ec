/** Inference engines: which one, what is asked, what may go wrong. */
@NullMarked
package io.millrace.worker.engine;

import org.jspecify.annotations.NullMarked;
