/** The stand-in's vLLM: its HTTP dialect as version 0.32 answers, as far as rollouts use it. */
@NullMarked
package io.millrace.sandbox.engine.vllm;

import org.jspecify.annotations.NullMarked;
