package io.millrace.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.Environment;
import io.millrace.common.config.KnownSettings;
import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.config.YamlSettings;
import io.millrace.common.testing.SettingsContract;
import io.millrace.worker.engine.Dialect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerSettingsTest implements SettingsContract<WorkerSettings> {
    @Override
    public Class<WorkerSettings> settings() {
        return WorkerSettings.class;
    }

    @Override
    public Map<String, String> given() {
        return Map.of("run", "demo", "agent-url", "http://a/");
    }

    @Override
    public Map<String, String> examples() {
        return Map.of(
                "engine-url",
                "http://a:1,http://b:2",
                "scorer-url",
                "http://a/score",
                "rm-url",
                "https://b/rm",
                "agent-url",
                "http://a:8100/",
                "agent-base-url",
                "http://w/v1",
                "generator",
                "http");
    }

    @Test
    void anUnknownDialectIsRefusedWithTheKnownOnes() {
        String refusal = assertThrows(
                        SettingException.class,
                        () -> SettingsBinder.of(WorkerSettings.class, Map.of("run", "demo", "engine", "triton")))
                .getMessage();
        for (String part : List.of("--engine", "'triton'", "one of sglang")) {
            assertTrue(refusal.contains(part), refusal);
        }
    }

    private static String refusal(Map<String, String> flags) {
        Map<String, String> all = new HashMap<>(flags);
        all.put("run", "demo");
        return String.valueOf(assertThrows(SettingException.class, () -> SettingsBinder.of(WorkerSettings.class, all))
                .getMessage());
    }

    @Test
    void agentsNeedAnAddressAndMustReachTheWorker() {
        assertEquals("--agent-url: must be set with --generator http", refusal(Map.of("generator", "http")));
        assertEquals(
                "--agent-base-url: must say how agents reach this worker, which listens on 0.0.0.0",
                refusal(Map.of("generator", "http", "agent-url", "http://a/", "agent-host", "0.0.0.0")));
        assertTrue(refusal(Map.of("agent-url", "ftp://a")).contains("--agent-url must be an http or https URL"));
        assertEquals(
                "--generator: no generator is called 'agents'; known: http, single-turn",
                refusal(Map.of("generator", "agents")));
    }

    private static Dialect fromFile(Path folder, String text) throws Exception {
        Path file = folder.resolve("settings.yaml");
        Files.writeString(file, "run: demo\n" + text);
        YamlSettings settings = YamlSettings.read(file, KnownSettings.listed());
        return new SettingsBinder(Map.of(), Environment.of(Map.of(), KnownSettings.listed()), settings, "worker")
                .bind(WorkerSettings.class)
                .engines()
                .engine();
    }

    /** The stand-in engine's command is called as this setting is. */
    @Test
    void aFileMayHaveTheSectionOfTheEngineCommandOrTheSetting(@TempDir Path folder) throws Exception {
        assertEquals(Dialect.SGLANG, fromFile(folder, "engine: {latency: tokens}\nslots: 3\n"));
        assertEquals(Dialect.SGLANG, fromFile(folder, "engine: sglang\nworker: {slots: 3}\n"));
        assertThrows(SettingException.class, () -> fromFile(folder, "engine: triton\n"));
    }
}
