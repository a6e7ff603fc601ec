/** The fixed number of samples in flight, and which starts next. */
@NullMarked
package io.millrace.worker.slots;

import org.jspecify.annotations.NullMarked;
