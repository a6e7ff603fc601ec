/** What is known of one unsettled group, and the state that follows from it. No thread, client or clock. */
@NullMarked
package io.millrace.producer.ledger.group;

import org.jspecify.annotations.NullMarked;
