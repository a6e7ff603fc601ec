/** Tests of evaluations. */
@NullMarked
package io.millrace.producer.evaluate;

import org.jspecify.annotations.NullMarked;
