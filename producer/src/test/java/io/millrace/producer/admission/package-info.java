/** Tests of admission. */
@NullMarked
package io.millrace.producer.admission;

import org.jspecify.annotations.NullMarked;
