package io.millrace.common.kafka;

import io.millrace.common.config.Setting;
import java.util.Map;

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
        Map<String, String> kafka) {
    public KafkaSettings {
        kafka = Map.copyOf(kafka);
        if (bootstrap.isBlank()) {
            throw new IllegalArgumentException("--bootstrap must not be empty");
        }
    }
}
