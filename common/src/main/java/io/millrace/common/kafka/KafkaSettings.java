package io.millrace.common.kafka;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.log.Secrets;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How to reach the cluster.
 *
 * @param kafka any Kafka client property, passed on as it is (security included); wins over our own choice except where
 *     a promise rests on it
 */
public record KafkaSettings(
        @Setting(defaultValue = "127.0.0.1:9092", help = "Kafka bootstrap servers, host:port, comma separated")
        String bootstrap,

        @Setting(
                defaultValue = "",
                help = "A Kafka client property to pass through, such as security.protocol=SSL; may be repeated, and"
                        + " MILLRACE_KAFKA_SECURITY_PROTOCOL=SSL is the same")
        Map<String, String> kafka,

        @Setting(
                help = "File with Kafka client properties, key=value on each line (a .properties file), for passwords"
                        + " above all: process lists show flags; --kafka wins over it")
        @Nullable
        Path kafkaFile) {
    /** Without a file. */
    public KafkaSettings(String bootstrap, Map<String, String> kafka) {
        this(bootstrap, kafka, null);
    }

    public KafkaSettings {
        kafka = Map.copyOf(kafka);
        if (bootstrap.isBlank()) {
            throw new IllegalArgumentException("--bootstrap must not be empty");
        }
    }

    /**
     * Those of the file, and the others over them.
     *
     * @throws SettingException when the file cannot be read
     */
    public Map<String, String> properties() {
        Map<String, String> all = new HashMap<>();
        if (kafkaFile != null) {
            Properties read = new Properties();
            try (Reader file = Files.newBufferedReader(kafkaFile)) {
                read.load(file);
            } catch (IOException e) {
                throw new SettingException("--kafka-file " + kafkaFile + " cannot be read: "
                        + e.getClass().getSimpleName());
            } catch (IllegalArgumentException e) {
                throw new SettingException("--kafka-file " + kafkaFile + " is no .properties file: a \\u is not"
                        + " followed by four hexadecimal digits");
            }
            read.stringPropertyNames().forEach(name -> {
                Secrets.learn(name + "=" + read.getProperty(name));
                all.put(name, read.getProperty(name));
            });
        }
        all.putAll(kafka);
        return all;
    }

    /** Properties by their names alone: passwords are among them. */
    @Override
    public String toString() {
        return "KafkaSettings[bootstrap=" + bootstrap + ", kafka=" + new TreeSet<>(kafka.keySet()) + ", kafkaFile="
                + kafkaFile + "]";
    }
}
