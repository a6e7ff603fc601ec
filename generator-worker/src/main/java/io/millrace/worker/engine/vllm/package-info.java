/** vLLM's HTTP dialect. */
@NullMarked
package io.millrace.worker.engine.vllm;

import org.jspecify.annotations.NullMarked;
