/** Leases, acknowledgements and settlement: the pure ledger, a fold over the records of {@code steps}. */
@NullMarked
package io.millrace.trainer.steps;

import org.jspecify.annotations.NullMarked;
