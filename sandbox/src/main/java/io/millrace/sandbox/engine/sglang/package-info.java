/** The stand-in's SGLang: its native HTTP dialect as far as rollouts use it. */
@NullMarked
package io.millrace.sandbox.engine.sglang;

import org.jspecify.annotations.NullMarked;
