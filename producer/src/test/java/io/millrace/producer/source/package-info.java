/** Tests of prompt sources and prompt order. */
@NullMarked
package io.millrace.producer.source;

import org.jspecify.annotations.NullMarked;
