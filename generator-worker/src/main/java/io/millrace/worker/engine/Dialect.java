package io.millrace.worker.engine;

import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.openai.OpenAiChatClient;
import io.millrace.worker.engine.sglang.SglangClient;
import io.millrace.worker.engine.vllm.VllmClient;
import java.util.function.Function;

/**
 * The dialects that a worker speaks, each as {@code --engine} calls it. To add one: implement {@link EngineClient} in a
 * class and name it in a line here.
 */
@SuppressWarnings("ImmutableEnumChecker") // A constructor's reference holds no state.
public enum Dialect {
    SGLANG(SglangClient::new, true),
    VLLM(VllmClient::new, true),
    OPENAI_CHAT(OpenAiChatClient::new, false);

    private final Function<EngineHttp, EngineClient> client;
    private final boolean tellsTokens;

    Dialect(Function<EngineHttp, EngineClient> client, boolean tellsTokens) {
        this.client = client;
        this.tellsTokens = tellsTokens;
    }

    /** Whether its engines tell the tokens of what they make; without them there is nothing to train on. */
    public boolean tellsTokens() {
        return tellsTokens;
    }

    /** @param http not owned */
    public EngineClient client(EngineHttp http) {
        return client.apply(http);
    }
}
