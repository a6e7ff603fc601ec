package io.millrace.common.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingSpec;
import io.millrace.common.config.TestingSettings;
import io.millrace.common.config.TestingSettings.Everything;
import io.millrace.common.log.LogFormat;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CommandLinesTest {
    /** Keeps the settings it was run with. */
    private static final class PaintCommand extends Command<Everything> {
        private @Nullable Everything ran;
        private @Nullable Exception failure;
        private int exitCode;

        PaintCommand() {
            super("paint", "Paints a wall.", Everything.class);
        }

        @Override
        public int run(Everything settings) throws Exception {
            ran = settings;
            if (failure != null) {
                throw failure;
            }
            return exitCode;
        }
    }

    private static final class WashCommand extends Command<TestingSettings.Washing> {
        WashCommand() {
            super("wash", "Washes a wall.", TestingSettings.Washing.class);
        }

        @Override
        public int run(TestingSettings.Washing settings) {
            return 0;
        }
    }

    private final PaintCommand paint = new PaintCommand();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int execute(Map<String, String> env, String... args) {
        CommandLine line = CommandLines.program("house", "Works on a house.", List.of(paint, new WashCommand()), env);
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(args);
    }

    private int execute(String... args) {
        return execute(Map.of(), args);
    }

    @Test
    void flagsReachTheCommandAndItsExitCodeIsThePrograms() {
        paint.exitCode = 1;
        assertEquals(1, execute("paint", "--run", "demo", "--coats=5", "--label", "a b"));
        assertEquals(5, paint.ran.coats());
        assertEquals("a b", paint.ran.label());
    }

    @Test
    void aListOrMapFlagMayBeRepeated() {
        execute("paint", "--run=demo", "--kafka", "a=1", "--kafka=b=2=3", "--colours=red,blue", "--colours", "grey");
        assertEquals(Map.of("a", "1", "b", "2=3"), paint.ran.kafka());
        assertEquals(List.of("red", "blue", "grey"), paint.ran.colours());
    }

    @Test
    void aSwitchNeedsNoValueButTakesOne() {
        execute(Map.of("MILLRACE_DRY_FIRST", "false"), "paint", "--run=demo", "--dry-first", "--coats=5");
        assertEquals(true, paint.ran.dryFirst());
        assertEquals(5, paint.ran.coats());
        execute("paint", "--run=demo", "--dry-first=false");
        assertEquals(false, paint.ran.dryFirst());
        execute("paint", "--run=demo", "--dry-first", "no");
        assertEquals(false, paint.ran.dryFirst());
    }

    @Test
    void theSettingsFileIsNamedByFlagOrVariable() throws Exception {
        Path mine = Files.writeString(folder.resolve("mine.yaml"), "run: mine\n");
        Path other = Files.writeString(folder.resolve("other.yaml"), "run: other\n");
        Map<String, String> env = Map.of("MILLRACE_CONFIG", other.toString());

        assertEquals(0, execute(env, "paint"));
        assertEquals("other", paint.ran.run().value());
        assertEquals(0, execute(env, "paint", "--config", mine.toString()));
        assertEquals("mine", paint.ran.run().value());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "paint --run demo --coat 1|house paint: Unknown options: '--coat', '1' (see --help)",
                "paint --run demo stray|house paint: Unmatched argument at index 3: 'stray' (see --help)",
                "paint --run|house paint: Missing required parameter for option '--run' (VALUE) (see --help)",
                "paint|house paint: --run is required",
                "paint --run demo --coats 100|house paint: --coats must be 1 to 99 coats, was '100' (from --coats)",
                "paint --run demo --coats 1 --coats 2|house paint: option '--coats' ",
                "paint --run demo --coats 1 --share 1|house paint: --share: needs --coats above 1",
                "paint --run demo --config nowhere.yaml|house paint: the settings file nowhere.yaml cannot be read",
                "polish|house: Unmatched argument at index 0: 'polish' (see --help)",
                "''|house: Missing required subcommand (see --help)",
            })
    void badUsageIsOneLineAndExitCode2(String line, String message) {
        assertEquals(2, execute(line.isEmpty() ? new String[0] : line.split(" ")), err::toString);
        assertEquals(1, err.toString().lines().count(), err.toString());
        assertTrue(err.toString().startsWith(message), err.toString());
        assertEquals("", out.toString());
        assertNull(paint.ran, "the command does not run");
    }

    @Test
    void aSettingThatProvesImpossibleAtWorkIsOneLineAndExitCode2() {
        paint.failure = new SettingException("--shelf: is on fire");
        assertEquals(2, execute("paint", "--run", "demo"));
        assertEquals("house paint: --shelf: is on fire", err.toString().strip());
    }

    @Test
    void aBugIsExitCode1WithItsTrace() {
        paint.failure = new IllegalStateException("a bug");
        assertEquals(1, execute("paint", "--run", "demo"));
        assertTrue(err.toString().contains("IllegalStateException: a bug"), err.toString());
        assertTrue(err.toString().contains("\tat "), err.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "paint --run demo --kafka ssl.keystore.password=PASSWORD --coats 100",
                "paint --run demo --kafak sasl.jaas.config=x.PlainLoginModule_required_password=\"PASSWORD\";",
                "paint --run demo --label http://me:PASSWORD@host --coats PASSWORD",
                "paint --run demo sasl_password=PASSWORD",
            })
    void noMessageHasAPassword(String line) {
        // Another one each time: what was kept once is hidden for good.
        String password = "open-sesame-" + line.hashCode();
        assertEquals(2, execute(line.replace("PASSWORD", password).split(" ")));
        assertFalse(err.toString().contains(password), err.toString());
        assertEquals(1, err.toString().lines().count(), err.toString());
    }

    @Test
    void aTraceHasNoPasswordEither() {
        paint.failure = new IllegalStateException("bad jaas line: password='open-sesame-2' refused");
        assertEquals(1, execute(Map.of("MILLRACE_KAFKA_SSL_KEY_PASSWORD", "open-sesame-2"), "paint", "--run", "demo"));
        assertTrue(err.toString().contains("password='[hidden]' refused"), err.toString());
        assertFalse(err.toString().contains("open-sesame-2"), err.toString());
    }

    @Test
    void theFormOfLogLinesIsNamedByFlagOrVariable() {
        LogFormat before = LogFormat.current();
        try {
            assertEquals(0, execute(Map.of("MILLRACE_LOG_FORMAT", "json"), "paint", "--run", "demo"));
            assertEquals(LogFormat.JSON, LogFormat.current());
            assertEquals(0, execute(Map.of("MILLRACE_LOG_FORMAT", "json"), "paint", "--run=demo", "--log-format=text"));
            assertEquals(LogFormat.TEXT, LogFormat.current());
            assertEquals(2, execute(Map.of("MILLRACE_LOG_FORMAT", "xml"), "paint", "--run", "demo"));
            assertEquals(
                    "house paint: --log-format must be text or json, was 'xml' (from MILLRACE_LOG_FORMAT)",
                    err.toString().strip());
        } finally {
            LogFormat.use(before);
        }
    }

    @Test
    void theProgramsHelpNamesEveryCommand() {
        assertEquals(0, execute("--help"));
        assertTrue(out.toString().contains("Works on a house."), out.toString());
        assertTrue(out.toString().contains("paint") && out.toString().contains("Paints a wall."), out.toString());
        assertTrue(out.toString().contains("wash") && out.toString().contains("Washes a wall."), out.toString());
        assertEquals("", err.toString());
    }

    @Test
    void aCommandsHelpNamesEverySettingWithRangeAndDefault() {
        assertEquals(0, execute("paint", "--help"));
        String help = out.toString().replaceAll("\\s+", " ");
        for (SettingSpec spec : SettingSpec.byName(Everything.class).values()) {
            assertTrue(help.contains(spec.flag()), spec.flag() + " is not in " + help);
        }
        assertTrue(help.contains("How often; 1 to 99 coats (default 3)"), help);
        assertTrue(help.contains("Whose wall (required)"), help);
        assertTrue(help.contains("one of red, dark-green (default red)"), help);
        assertTrue(help.contains("100% covered"), help);
        assertTrue(help.contains("MILLRACE_SLOTS") && help.contains("--config"), help);
        assertNull(paint.ran);
    }

    @Test
    void theVersionIsPrinted() {
        assertEquals(0, execute("--version"));
        assertTrue(out.toString().startsWith("millrace "), out.toString());
    }

    @Test
    void aProgramMayBeOneCommand() {
        CommandLine line = CommandLines.single(paint, Map.of("MILLRACE_COATS", "4"));
        assertEquals(0, line.execute("--run", "demo"));
        assertEquals(4, paint.ran.coats());
    }
}
