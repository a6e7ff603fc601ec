package io.millrace.common.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.TestingSettings.Colour;
import io.millrace.common.config.TestingSettings.Everything;
import io.millrace.common.id.RunId;
import io.millrace.common.units.ByteSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsBinderTest {
    @TempDir
    private Path folder;

    private final KnownSettings known =
            KnownSettings.listed().with("paint", Everything.class).with("wash", TestingSettings.Washing.class);

    private Everything bind(Map<String, String> flags, Map<String, String> env, String yaml) throws Exception {
        Map<String, List<String>> all = new HashMap<>(Map.of("run", List.of("demo")));
        flags.forEach((name, text) -> all.put(name, List.of(text.split("\0"))));
        return new SettingsBinder(all, Environment.of(env, known), file(yaml), "paint").bind(Everything.class);
    }

    private YamlSettings file(String yaml) throws Exception {
        Path file = folder.resolve("settings.yaml");
        Files.writeString(file, yaml);
        return YamlSettings.read(file, known);
    }

    private String refusal(Map<String, String> flags, Map<String, String> env, String yaml) {
        String message = assertThrows(SettingException.class, () -> bind(flags, env, yaml))
                .getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @Test
    void aFlagWinsOverEnvironmentThatOverSectionThatOverTopThatOverDefault() throws Exception {
        Map<String, String> flag = Map.of("coats", "50");
        Map<String, String> env = Map.of("MILLRACE_COATS", "40");
        String both = "coats: 20\npaint:\n  coats: 30\n";

        assertEquals(50, bind(flag, env, both).coats());
        assertEquals(40, bind(Map.of(), env, both).coats());
        assertEquals(30, bind(Map.of(), Map.of(), both).coats());
        assertEquals(20, bind(Map.of(), Map.of(), "coats: 20\n").coats());
        assertEquals(3, bind(Map.of(), Map.of(), "").coats());
    }

    @Test
    void everyTypeHasAForm() throws Exception {
        Everything value = bind(
                Map.ofEntries(
                        Map.entry("coats", "1_0"),
                        Map.entry("seed", "-9000000000"),
                        Map.entry("share", "0.25"),
                        Map.entry("dry-first", "off"),
                        Map.entry("wait-max", "1.5s"),
                        Map.entry("pot-size", "2MiB"),
                        Map.entry("shelf", "a/b"),
                        Map.entry("colours", "red, green,,blue"),
                        Map.entry("kafka", "a.b=1\0c=d=e"),
                        Map.entry("colour", "Dark-Green"),
                        Map.entry("label", "x y")),
                Map.of(),
                "");
        assertEquals(
                new Everything(
                        new RunId("demo"),
                        10,
                        -9_000_000_000L,
                        0.25,
                        false,
                        Duration.ofMillis(1_500),
                        new ByteSize(2 << 20),
                        Path.of("a/b"),
                        List.of("red", "green", "blue"),
                        Map.of("a.b", "1", "c", "d=e"),
                        Colour.DARK_GREEN,
                        "x y",
                        new TestingSettings.Nested(2)),
                value);
    }

    @Test
    void yamlsOwnTypesAreTakenToo() throws Exception {
        Everything value = bind(Map.of(), Map.of(), """
                paint:
                  coats: 7
                  share: 0.5
                  dry-first: false
                  colours: [red, blue]
                  kafka:
                    security.protocol: SSL
                    fetch.max.bytes: 1000
                  colour: red
                """);
        assertEquals(7, value.coats());
        assertEquals(0.5, value.share());
        assertEquals(false, value.dryFirst());
        assertEquals(List.of("red", "blue"), value.colours());
        assertEquals(Map.of("security.protocol", "SSL", "fetch.max.bytes", "1000"), value.kafka());
        assertEquals(Colour.RED, value.colour());
    }

    @Test
    void nestedRecordsAreMadeFromTheSameKeys() throws Exception {
        assertEquals(9, bind(Map.of("brushes", "9"), Map.of(), "").nested().brushes());
        assertEquals(
                8, bind(Map.of(), Map.of("MILLRACE_BRUSHES", "8"), "").nested().brushes());
        assertEquals(7, bind(Map.of(), Map.of(), "brushes: 7").nested().brushes());
    }

    @Test
    void anEmptyVariableIsAnUnsetOne() throws Exception {
        Everything value = bind(
                Map.of(),
                Map.of("MILLRACE_COATS", "", "MILLRACE_KAFKA", "", "MILLRACE_KAFKA_SECURITY_PROTOCOL", ""),
                "coats: 20");
        assertEquals(20, value.coats());
        assertEquals(Map.of(), value.kafka());
    }

    @Test
    void aSettingMayHaveNoValue() throws Exception {
        assertNull(bind(Map.of(), Map.of(), "").label());
    }

    @Test
    void aMissingRequiredSettingIsNamedWithItsThreeForms() {
        String message = assertThrows(SettingException.class, () -> SettingsBinder.of(Everything.class, Map.of()))
                .getMessage();
        assertTrue(message.startsWith("--run is required: Whose wall"), message);
        assertTrue(message.contains("MILLRACE_RUN") && message.contains("'run' in the settings file"), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "coats|0|--coats must be 1 to 99 coats, was '0' (from --coats)",
                "coats|100|--coats must be 1 to 99 coats, was '100' (from --coats)",
                "coats|1.5|--coats must be 1 to 99 coats, was '1.5' (from --coats)",
                "coats|''|--coats must be 1 to 99 coats, was '' (from --coats)",
                "coats|99999999999|--coats must be 1 to 99 coats, was '99999999999' (from --coats)",
                "seed|x|--seed must be a whole number, was 'x' (from --seed)",
                "seed|99999999999999999999|--seed must be a whole number, was '99999999999999999999' (from --seed)",
                "share|1.01|--share must be 0 to 1, was '1.01' (from --share)",
                "share|NaN|--share must be 0 to 1, was 'NaN' (from --share)",
                "dry-first|maybe|--dry-first must be true or false, was 'maybe' (from --dry-first)",
                "wait-max|999ms|--wait-max must be 1s to 1h, was '999ms' (from --wait-max)",
                "wait-max|10|--wait-max must be 1s to 1h, in ms, s, m or h, was '10' (from --wait-max)",
                "pot-size|1023|--pot-size must be 1KiB or more, was '1023' (from --pot-size)",
                "pot-size|999999999999999GiB|--pot-size must be 1KiB or more, in B, KiB, MiB or GiB, was '999999999999999GiB' (from --pot-size)",
                "kafka|novalue|--kafka must be key=value, was a text of another form, not shown since it may be a secret (from --kafka)",
                "kafka|=x|--kafka must be key=value, was a text of another form, not shown since it may be a secret (from --kafka)",
                "colour|pink|--colour must be one of red, dark-green, was 'pink' (from --colour)",
                "brushes|6000|--brushes must be at most 12 brushes, was '6000' (from --brushes)",
            })
    void aBadValueIsNamedWithItsRange(String key, String text, String message) {
        assertEquals(message, refusal(Map.of(key, text), Map.of(), ""));
    }

    @Test
    void aBadRunIdIsRefusedOnceAndClearly() {
        assertEquals(
                "--run must be 1 to 64 of a-z 0-9 - _, beginning with a letter or digit, was 'My Run' (from --run)",
                refusal(Map.of("run", "My Run"), Map.of(), ""));
    }

    @Test
    void aBadValueSaysWhereItCameFrom() {
        assertTrue(refusal(Map.of(), Map.of("MILLRACE_COATS", "no"), "").endsWith("(from MILLRACE_COATS)"));
        assertTrue(refusal(Map.of(), Map.of(), "coats: no").endsWith("settings.yaml)"));
        assertTrue(refusal(Map.of(), Map.of("MILLRACE_KAFKA", "x"), "").endsWith("(from MILLRACE_KAFKA)"));
        assertTrue(refusal(Map.of(), Map.of(), "kafka: x").endsWith("settings.yaml)"));
    }

    @Test
    void anImpossibleCombinationIsRefusedByItsRecord() {
        assertEquals("--share: needs --coats above 1", refusal(Map.of("coats", "1", "share", "1"), Map.of(), ""));
        assertEquals("--label must not be blank", refusal(Map.of("label", " "), Map.of(), ""));
    }

    @Test
    void anUnknownVariableIsNamed() {
        String message = refusal(Map.of(), Map.of("MILLRACE_COAT", "1"), "");
        assertTrue(message.startsWith("unknown environment variable MILLRACE_COAT;"), message);
        assertTrue(message.contains("the nearest known name is 'MILLRACE_COATS'"), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MILLRACE_CONFIG",
                "MILLRACE_LOG",
                "MILLRACE_LOG_FORMAT",
                "MILLRACE_LOG_KAFKA_CONNECTIONS",
                "MILLRACE_TEST_BROKER",
                "MILLRACE_BUCKETS",
                "PATH"
            })
    void variablesOfOtherUsesAreLeftAlone(String variable) throws Exception {
        assertEquals(3, bind(Map.of(), Map.of(variable, "x"), "").coats());
    }

    /** Whoever sets one for a script has it in the processes that the script starts, too. */
    @Test
    void everyVariableThatOurScriptsReadIsKnown() throws Exception {
        Pattern read = Pattern.compile("\\$\\{(MILLRACE_[A-Z_]+)[:}]");
        Set<String> variables = new TreeSet<>();
        try (Stream<Path> scripts = Files.list(Path.of("../scripts"))) {
            for (Path script : scripts.filter(Files::isRegularFile).toList()) {
                read.matcher(Files.readString(script)).results().forEach(found -> variables.add(found.group(1)));
            }
        }
        assertTrue(variables.size() >= 3, variables.toString());
        for (String variable : variables) {
            assertEquals(3, bind(Map.of(), Map.of(variable, "x"), "").coats());
        }
    }

    /** The kind of message: the units are named where the text had none or another. */
    @Test
    void aSizeInAnotherUnitIsRefusedWithTheUnits() {
        assertEquals(
                "--pot-size must be 1KiB or more, in B, KiB, MiB or GiB, was '5GB' (from --pot-size)",
                refusal(Map.of("pot-size", "5GB"), Map.of(), ""));
    }

    /** As the kubelet sets them beside services millrace, millrace-trainer and millrace-kafka. */
    @Test
    void whatKubernetesSetsBesideAServiceIsLeftAlone() throws Exception {
        Map<String, String> env = Map.ofEntries(
                Map.entry("MILLRACE_SERVICE_HOST", "10.96.0.11"),
                Map.entry("MILLRACE_SERVICE_PORT", "9400"),
                Map.entry("MILLRACE_SERVICE_PORT_HTTP", "9400"),
                Map.entry("MILLRACE_PORT", "tcp://10.96.0.11:9400"),
                Map.entry("MILLRACE_PORT_9400_TCP", "tcp://10.96.0.11:9400"),
                Map.entry("MILLRACE_PORT_9400_TCP_PROTO", "tcp"),
                Map.entry("MILLRACE_PORT_9400_TCP_PORT", "9400"),
                Map.entry("MILLRACE_PORT_9400_TCP_ADDR", "fd00::11"),
                Map.entry("MILLRACE_TRAINER_PORT", "tcp://10.96.0.12:9400"),
                Map.entry("MILLRACE_KAFKA_SERVICE_HOST", "10.96.0.13"),
                Map.entry("MILLRACE_COATS", "5"));
        assertEquals(5, bind(Map.of(), env, "").coats());
        String ours = refusal(Map.of(), Map.of("MILLRACE_PORT", "9400"), "");
        assertTrue(ours.startsWith("unknown environment variable MILLRACE_PORT;"), ours);
    }

    @Test
    void settingsOfOtherRolesAreKnownAndTheirMistakesAreNot() throws Exception {
        assertEquals(
                3,
                bind(Map.of(), Map.of("MILLRACE_PAYLOAD_MEMORY_MAX", "1GiB"), "slots: 64")
                        .coats());
        assertEquals(3, bind(Map.of(), Map.of(), "worker: {slots: 64}").coats());
        String wrong = refusal(Map.of(), Map.of(), "worker: {slotz: 64}");
        assertTrue(wrong.startsWith("unknown key 'worker.slotz' in "), wrong);
        assertTrue(wrong.endsWith("the nearest known name is 'slots'"), wrong);
        String section = refusal(Map.of(), Map.of(), "workre: {slots: 64}");
        assertTrue(section.startsWith("unknown section 'workre' in "), section);
        assertTrue(section.endsWith("the nearest known name is 'worker'"), section);
    }

    @Test
    void anUnknownKeyIsNamedWithTheKnownOnes() {
        String atTop = refusal(Map.of(), Map.of(), "coat: 1");
        assertTrue(
                atTop.startsWith("unknown key 'coat' in ") && atTop.contains("the nearest known name is 'coats'"),
                atTop);
        String inSection = refusal(Map.of(), Map.of(), "paint: {coat: 1}");
        assertTrue(inSection.startsWith("unknown key 'paint.coat' in "), inSection);
        String ofAnother = refusal(Map.of(), Map.of(), "paint: {buckets: 1}");
        assertTrue(ofAnother.startsWith("unknown key 'paint.buckets' in "), ofAnother);
    }

    @Test
    void oneFileServesEveryCommand() throws Exception {
        assertEquals(
                3,
                bind(Map.of(), Map.of(), "buckets: 5\nwash: {buckets: 6}\nbroker: {data-dir: thing}\n")
                        .coats());
    }

    @Test
    void aSectionThatIsNoMappingIsRefused() {
        assertTrue(refusal(Map.of(), Map.of(), "paint: 5").contains("'paint' in "));
    }

    @Test
    void aFileThatIsNoYamlMappingIsRefusedByName() {
        assertTrue(refusal(Map.of(), Map.of(), "- a\n- b\n").endsWith("settings.yaml must be a YAML mapping"));
        assertTrue(refusal(Map.of(), Map.of(), "a: [b\n").contains("settings.yaml is no YAML"));
        assertTrue(refusal(Map.of(), Map.of(), "coats: 1\ncoats: 2\n").contains("settings.yaml is no YAML"));
        String missing = assertThrows(
                        SettingException.class, () -> YamlSettings.read(folder.resolve("not-there.yaml"), known))
                .getMessage();
        assertTrue(missing.contains("not-there.yaml cannot be read"), missing);
    }

    @Test
    void kafkaPropertiesAddUpAndTheNearerWins() throws Exception {
        Everything value = bind(
                Map.of("kafka", "a=flag"),
                Map.of(
                        "MILLRACE_KAFKA",
                        "a=env\nb=env",
                        "MILLRACE_KAFKA_C",
                        "variable",
                        "MILLRACE_KAFKA_A",
                        "variable"),
                """
                kafka: {a: top, b: top, c: top, d: top, e: top}
                paint:
                  kafka: {d: section}
                """);
        assertEquals(Map.of("a", "flag", "b", "env", "c", "variable", "d", "section", "e", "top"), value.kafka());
    }

    @Test
    void aKafkaVariablesNameIsThePropertyWithDots() throws Exception {
        assertEquals(
                Map.of("ssl.truststore.location", "/t.jks", "security.protocol", "SSL"),
                bind(
                                Map.of(),
                                Map.of(
                                        "MILLRACE_KAFKA_SSL_TRUSTSTORE_LOCATION", "/t.jks",
                                        "MILLRACE_KAFKA_SECURITY_PROTOCOL", "SSL"),
                                "")
                        .kafka());
    }

    @Test
    void aSettingThatBeginsLikeAKafkaPropertyIsNotPassedOn() throws Exception {
        assertEquals(
                Map.of(), bind(Map.of(), Map.of("MILLRACE_KAFKA_TANK", "9"), "").kafka());
    }

    @Test
    void aKafkaPropertyMayHaveManyLines() throws Exception {
        String pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
        Map<String, String> expected = Map.of("ssl.truststore.certificates", pem);
        assertEquals(
                expected,
                bind(Map.of("kafka", "ssl.truststore.certificates=" + pem), Map.of(), "")
                        .kafka());
        assertEquals(
                expected,
                bind(Map.of(), Map.of("MILLRACE_KAFKA_SSL_TRUSTSTORE_CERTIFICATES", pem), "")
                        .kafka());
        assertEquals(expected, bind(Map.of(), Map.of(), """
                                kafka:
                                  ssl.truststore.certificates: |
                                    -----BEGIN CERTIFICATE-----
                                    AAAA
                                    -----END CERTIFICATE-----
                                """).kafka());
    }

    @Test
    void aNameDeclaredTwiceIsABug() {
        assertThrows(IllegalStateException.class, () -> SettingSpec.byName(TestingSettings.Twice.class));
    }

    @Test
    void aComponentWithoutADeclarationIsABug() {
        assertThrows(IllegalStateException.class, () -> SettingSpec.byName(TestingSettings.Undeclared.class));
    }
}
