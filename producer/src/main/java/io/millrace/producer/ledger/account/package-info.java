/** What the ledger keeps over all groups of a kind: queues, holders, settlements, records still needed. No thread, client or clock. */
@NullMarked
package io.millrace.producer.ledger.account;

import org.jspecify.annotations.NullMarked;
