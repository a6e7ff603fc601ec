/**
 * Where every unsettled group is: fed with the run's events in whatever order they arrive, it answers how many groups
 * are queued, in flight, finished and failed. Pure: no thread, client or clock.
 */
@NullMarked
package io.millrace.producer.ledger;

import org.jspecify.annotations.NullMarked;
