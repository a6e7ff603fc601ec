package io.millrace.ops.cluster;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import java.util.HashMap;
import java.util.Map;

/** Kafka clients for questions that people wait on. */
public final class OpsClients {
    /** Fetch sizes of a reader; Kafka hands over a larger record all the same. */
    static final int RECORD_BYTES = 16 << 20;

    /** A fetch left waiting at an empty partition holds back the fetches of the next one. */
    private static final String FETCH_WAIT_MS = "20";

    private OpsClients() {}

    public static KafkaClients of(KafkaSettings settings) {
        Map<String, String> properties = new HashMap<>(settings.kafka());
        properties.putIfAbsent("fetch.max.wait.ms", FETCH_WAIT_MS);
        return new KafkaClients(new KafkaSettings(settings.bootstrap(), properties), RECORD_BYTES);
    }
}
