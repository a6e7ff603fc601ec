/**
 * Prompts in their order, and the tasks made of them: the prompt order as a pure function, the check that a resumed run
 * still has the same data, the tasks of training and of evaluations. No thread, clock or client inside.
 */
@NullMarked
package io.millrace.producer.source;

import org.jspecify.annotations.NullMarked;
