/** Results, receipts and status to Kafka. */
@NullMarked
package io.millrace.worker.publish;

import org.jspecify.annotations.NullMarked;
