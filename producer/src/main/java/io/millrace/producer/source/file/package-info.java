/** Files of rows, read one row after another. What a row means is not known here. */
@NullMarked
package io.millrace.producer.source.file;

import org.jspecify.annotations.NullMarked;
