/** Every request of the engine with its times and its end, kept and summed up; judges workers from outside. */
@NullMarked
package io.millrace.sandbox.engine.ledger;

import org.jspecify.annotations.NullMarked;
