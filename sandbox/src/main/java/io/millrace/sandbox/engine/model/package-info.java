/** What the engine answers: text, tokens, probabilities and times, each decided by seeds and the request alone. */
@NullMarked
package io.millrace.sandbox.engine.model;

import org.jspecify.annotations.NullMarked;
