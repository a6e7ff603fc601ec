/** A real Kafka broker on this machine, formatted and started by one command. */
@NullMarked
package io.millrace.sandbox.broker;

import org.jspecify.annotations.NullMarked;
