/** Tests of the ledger. */
@NullMarked
package io.millrace.producer.ledger;

import org.jspecify.annotations.NullMarked;
