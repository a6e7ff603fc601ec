/**
 * A judge of a run that knows the formats on the wire and nothing else: it reads the topics, the trainer's journal and
 * the engines' ledgers by itself and shares no code with what it judges.
 */
@NullMarked
package io.millrace.sandbox.oracle;

import org.jspecify.annotations.NullMarked;
