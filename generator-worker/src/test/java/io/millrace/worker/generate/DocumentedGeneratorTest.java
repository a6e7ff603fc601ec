package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.testing.RecordingFatal;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.generator.Generator;
import io.millrace.worker.generator.Generators;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The generator of docs/AGENTS.md, compiled and put on the class path as a user would. */
@Timeout(120)
class DocumentedGeneratorTest {
    private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern CLASS = Pattern.compile("public final class (\\w+)");

    private static String documented(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertTrue(matcher.find());
        return matcher.group(1);
    }

    private static Generation answer(String text, int... tokens) {
        return new Generation(text, tokens, new float[tokens.length], Finish.STOP, 0, "3", List.of(), null);
    }

    @Test
    void theExampleOfTheDocumentUsesItsTool(@TempDir Path folder) throws Exception {
        String source = documented(JAVA, Files.readString(Path.of("../docs/AGENTS.md")));
        String type = documented(CLASS, source);
        Path file = Files.writeString(folder.resolve(type + ".java"), source);
        assertEquals(
                0,
                ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                null,
                                null,
                                "-d",
                                folder.toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                file.toString()));
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve(Generator.class.getName()), "com.example." + type);

        TestingEngine engine = new TestingEngine();
        engine.then(() -> answer("", 1, 2))
                .then(() -> answer("I ask. calc: 19 + 23", 10, 11))
                .then(() -> answer("", 20))
                .then(() -> answer("It is \\boxed{42}.", 12));
        RecordingFatal fatal = new RecordingFatal();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
            thread.setContextClassLoader(loader);
            Generator generator = Generators.installed().named("calculator");
            RunnerBench worker = new RunnerBench(true, true, generator, engine, fatal);
            try {
                worker.claim(0, 1, null);
                worker.awaitIdle();
                RolloutGroup group = worker.result();
                assertArrayEquals(new int[] {1, 2, 10, 11, 20, 12}, group.tokens());
                assertArrayEquals(new byte[] {1, 1, 0, 1}, group.lossMask());
                assertEquals(
                        "I ask. calc: 19 + 23 = 42\nIt is \\boxed{42}.",
                        group.header().samples().getFirst().response());
                assertEquals(1, worker.scored.size());
            } finally {
                worker.close();
            }
        } finally {
            thread.setContextClassLoader(before);
        }
        assertEquals(List.of(), fatal.reports());
    }
}
