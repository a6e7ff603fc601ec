/** Kafka clients with the settings every process shares. */
@NullMarked
package io.millrace.common.kafka;

import org.jspecify.annotations.NullMarked;
