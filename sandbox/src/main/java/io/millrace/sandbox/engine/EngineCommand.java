package io.millrace.sandbox.engine;

import io.millrace.common.cli.Command;
import io.millrace.common.config.SettingException;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.sandbox.engine.model.EngineSettings;
import java.io.UncheckedIOException;
import java.time.Duration;

/** {@code millrace engine}: runs the stand-in engine until told to stop. */
public final class EngineCommand extends Command<EngineSettings> {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    public EngineCommand() {
        super(
                "engine",
                "Runs a stand-in inference engine that speaks SGLang's native dialect or vLLM's.",
                EngineSettings.class);
    }

    @Override
    public int run(EngineSettings settings) throws Exception {
        return ProcessRunner.run(
                "engine", STOP_LIMIT, (runner, stops) -> stops.pushCloseable("engine", start(settings)));
    }

    private static EngineServer start(EngineSettings settings) {
        try {
            return EngineServer.start(settings);
        } catch (IllegalArgumentException | UncheckedIOException e) {
            throw new SettingException("--answers or --engine-port: " + e.getMessage());
        }
    }
}
