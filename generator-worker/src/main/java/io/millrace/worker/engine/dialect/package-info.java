/**
 * What a worker asks of an inference engine, in no engine's words: {@link
 * io.millrace.worker.engine.dialect.EngineClient} is what a dialect implements, {@link
 * io.millrace.worker.engine.dialect.EngineHttp} the exchange it does that with.
 */
@NullMarked
package io.millrace.worker.engine.dialect;

import org.jspecify.annotations.NullMarked;
