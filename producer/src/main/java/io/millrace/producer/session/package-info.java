/** The run in one producer's hands: taking it over, turning, hearing its own heartbeat, and beginning anew after trouble. */
@NullMarked
package io.millrace.producer.session;

import org.jspecify.annotations.NullMarked;
