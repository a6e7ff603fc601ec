/** Which shape the rows of a data set have, and what each of their columns is. Pure. */
@NullMarked
package io.millrace.producer.source.column;

import org.jspecify.annotations.NullMarked;
