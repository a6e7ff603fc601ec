/** OpenAI's chat completions, of any endpoint that has them. */
@NullMarked
package io.millrace.worker.engine.openai;

import org.jspecify.annotations.NullMarked;
