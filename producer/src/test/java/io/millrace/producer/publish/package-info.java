/** Tests of publishing. */
@NullMarked
package io.millrace.producer.publish;

import org.jspecify.annotations.NullMarked;
