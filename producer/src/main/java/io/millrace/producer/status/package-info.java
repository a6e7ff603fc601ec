/** What the producer shows of itself: status, metrics, and what admission waits for. */
@NullMarked
package io.millrace.producer.status;

import org.jspecify.annotations.NullMarked;
