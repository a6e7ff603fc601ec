package io.millrace.worker.engine;

import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.sglang.SglangClient;

/**
 * The dialects that a worker speaks, each as {@code --engine} calls it. To add one: implement {@link EngineClient} and
 * name it here; the compiler asks for the rest.
 */
public enum Dialect {
    SGLANG;

    /** @param http not owned */
    public EngineClient client(EngineHttp http) {
        return switch (this) {
            case SGLANG -> new SglangClient(http);
        };
    }
}
