package io.millrace.worker.engine.dialect;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** An inference engine's dialect. Thread-safe; calls block the calling (virtual) thread and end when interrupted. */
public interface EngineClient {
    /**
     * Generates one sample.
     *
     * @param address base URL of the engine
     * @param limit of the whole exchange, body included
     * @return what is new, not what the request began with: one token at least unless it was aborted, and at most
     *     {@code request.maxNewTokens()}
     */
    Generation generate(String address, GenerateRequest request, Duration limit)
            throws EngineException, InterruptedException;

    /** The engine's token ids of a text, without special tokens added. */
    int[] tokenize(String address, String text, Duration limit) throws EngineException, InterruptedException;

    /**
     * The engine's token ids of a chat under the model's template, which writes the special tokens itself.
     *
     * @param chat {@code messages} and {@code add_generation_prompt}, perhaps {@code tools} and {@code
     *     chat_template_kwargs}, in OpenAI's shapes
     */
    int[] render(String address, ObjectNode chat, Duration limit) throws EngineException, InterruptedException;

    /**
     * Ends a request that is under way; its answer then has what was generated so far, and says that it was aborted. The
     * engine may not know the request yet, or no more; both are no failure.
     */
    void abort(String address, String rid, Duration limit) throws EngineException, InterruptedException;

    /** The version of the weights the engine serves now, in its own word; null when it tells none. */
    @Nullable
    String weightVersion(String address, Duration limit) throws EngineException, InterruptedException;
}
