package io.millrace.common.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.testing.SettingsContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaSettingsTest implements SettingsContract<KafkaSettings> {
    @Override
    public Class<KafkaSettings> settings() {
        return KafkaSettings.class;
    }

    @Test
    void anEmptyBootstrapIsRefused() {
        assertEquals(
                "--bootstrap must not be empty",
                assertThrows(IllegalArgumentException.class, () -> new KafkaSettings(" ", Map.of()))
                        .getMessage());
    }

    @Test
    void aFileGivesPropertiesAndFlagsWinOverIt(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("client.properties"), """
                # for the run
                security.protocol = SASL_SSL
                sasl.mechanism=PLAIN
                sasl.jaas.config=Login required \\
                  password="a b=c";
                """);
        KafkaSettings settings = new KafkaSettings("a:1", Map.of("sasl.mechanism", "SCRAM-SHA-512"), file);
        assertEquals(
                Map.of(
                        "security.protocol", "SASL_SSL",
                        "sasl.mechanism", "SCRAM-SHA-512",
                        "sasl.jaas.config", "Login required password=\"a b=c\";"),
                settings.properties());
    }

    @Test
    void whatCannotBeReadIsRefusedByNameAlone(@TempDir Path folder) throws Exception {
        Path missing = folder.resolve("missing");
        assertEquals(
                "--kafka-file " + missing + " cannot be read: NoSuchFileException",
                assertThrows(SettingException.class, () -> new KafkaSettings("a:1", Map.of(), missing).properties())
                        .getMessage());
        Path bad = Files.writeString(folder.resolve("bad"), "ssl.key.password=hunter2\\uno\n");
        String message = assertThrows(
                        SettingException.class, () -> new KafkaSettings("a:1", Map.of(), bad).properties())
                .getMessage();
        assertEquals(
                "--kafka-file " + bad + " is no .properties file: a \\u is not followed by four hexadecimal digits",
                message);
    }

    @Test
    void noPasswordIsShown() {
        KafkaSettings settings = new KafkaSettings("a:1", Map.of("ssl.key.password", "hunter2"));
        assertEquals("KafkaSettings[bootstrap=a:1, kafka=[ssl.key.password], kafkaFile=null]", settings.toString());
        String message = assertThrows(
                        SettingException.class,
                        () -> SettingsBinder.of(KafkaSettings.class, Map.of("kafka", "hunter2")))
                .getMessage();
        assertEquals(
                "--kafka must be key=value, was a text of another form, not shown since it may be a secret (from --kafka)",
                message);
    }
}
