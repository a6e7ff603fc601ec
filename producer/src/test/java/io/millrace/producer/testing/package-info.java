/** A broker in memory, as far as the producer needs one. */
@NullMarked
package io.millrace.producer.testing;

import org.jspecify.annotations.NullMarked;
