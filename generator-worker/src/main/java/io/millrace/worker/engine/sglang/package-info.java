/** SGLang's native HTTP dialect. */
@NullMarked
package io.millrace.worker.engine.sglang;

import org.jspecify.annotations.NullMarked;
