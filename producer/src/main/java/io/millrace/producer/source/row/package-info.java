/** One row of a data set: its shape, its limits, and what makes it a bad one. No file, thread, clock or client inside. */
@NullMarked
package io.millrace.producer.source.row;

import org.jspecify.annotations.NullMarked;
