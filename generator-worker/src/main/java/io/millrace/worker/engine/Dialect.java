package io.millrace.worker.engine;

import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.sglang.SglangClient;
import io.millrace.worker.engine.vllm.VllmClient;
import java.util.function.Function;

/**
 * The dialects that a worker speaks, each as {@code --engine} calls it. To add one: implement {@link EngineClient} in a
 * class and name it in a line here.
 */
@SuppressWarnings("ImmutableEnumChecker") // A constructor's reference holds no state.
public enum Dialect {
    SGLANG(SglangClient::new),
    VLLM(VllmClient::new);

    private final Function<EngineHttp, EngineClient> client;

    Dialect(Function<EngineHttp, EngineClient> client) {
        this.client = client;
    }

    /** @param http not owned */
    public EngineClient client(EngineHttp http) {
        return client.apply(http);
    }
}
