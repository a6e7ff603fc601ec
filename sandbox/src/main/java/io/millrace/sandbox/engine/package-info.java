/**
 * The stand-in inference engine: SGLang's native HTTP dialect or vLLM's over a deterministic toy model, a settable time model, a
 * real admission limit and a request ledger that judges the workers from outside.
 */
@NullMarked
package io.millrace.sandbox.engine;

import org.jspecify.annotations.NullMarked;
