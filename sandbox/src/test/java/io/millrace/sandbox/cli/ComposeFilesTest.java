package io.millrace.sandbox.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.config.Environment;
import io.millrace.common.config.KnownSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The compose files without a Docker engine: each can be read, and gives containers only settings that there are. */
final class ComposeFilesTest {
    private static final Path ROOT = Path.of("..");

    /** Refuses a key that stands twice, as compose does; the tags are compose's own. */
    private static Object read(String file) throws IOException {
        String text =
                Files.readString(ROOT.resolve(file)).replace("!override", "").replace("!reset", "");
        return new Load(LoadSettings.builder().build()).loadFromString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker-compose.yml", "compose.gpu-host.yaml", "compose.three-brokers.yaml"})
    void everyVariableOfOursIsASetting(String file) throws IOException {
        Map<String, String> variables = new TreeMap<>();
        collect(read(file), variables);
        KnownSettings known = KnownSettings.listed();
        assertEquals(List.of(), Environment.of(variables, known).kafka());
    }

    /** Every entry whose key is a variable of ours, wherever it stands. */
    private static void collect(Object node, Map<String, String> found) {
        switch (node) {
            case Map<?, ?> map ->
                map.forEach((key, value) -> {
                    if (key instanceof String name && name.startsWith("MILLRACE_")) {
                        found.put(name, "given");
                    }
                    collect(value, found);
                });
            case List<?> list -> list.forEach(entry -> collect(entry, found));
            case null, default -> {}
        }
    }
}
