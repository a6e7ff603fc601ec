/** Leases, acknowledgements and settlement: the pure ledger and the one writer of {@code steps} and {@code policy}. */
@NullMarked
package io.millrace.trainer.steps;

import org.jspecify.annotations.NullMarked;
