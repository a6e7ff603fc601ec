/** Tests of the producer process, and what they share. */
@NullMarked
package io.millrace.producer;

import org.jspecify.annotations.NullMarked;
