package io.millrace.common.topics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A topic as it must be.
 *
 * @param configs topic configuration, Kafka's keys
 */
public record TopicSpec(String name, int partitions, int replicationFactor, Map<String, String> configs) {
    public TopicSpec {
        configs = Map.copyOf(configs);
    }

    /** Every topic of a run, in the order of the design's table. */
    public static List<TopicSpec> all(TopicSettings settings) {
        RunTopics topics = new RunTopics(settings.run());
        List<TopicSpec> specs = new ArrayList<>();
        specs.add(log(topics.prompts(), 1, settings));
        specs.add(log(topics.urgent(), 1, settings));
        specs.add(log(topics.results(), settings.resultPartitions(), settings));
        specs.add(log(topics.partials(), 1, settings));
        specs.add(log(topics.receipts(), 1, settings));
        specs.add(compacted(topics.workers(), settings));
        specs.add(log(topics.steps(), 1, settings));
        specs.add(compacted(topics.policy(), settings));
        specs.add(log(topics.deadLetters(), 1, settings));
        specs.add(log(topics.evals(), 1, settings));
        specs.add(log(topics.evalPrompts(), 1, settings));
        specs.add(log(topics.evalResults(), settings.resultPartitions(), settings));
        specs.add(log(topics.evalReceipts(), 1, settings));
        return specs;
    }

    /** Keeps everything: what is not settled must never be trimmed, so the owner deletes by hand. */
    private static TopicSpec log(String name, int partitions, TopicSettings settings) {
        return spec(name, partitions, settings, Map.of("cleanup.policy", "delete"));
    }

    private static TopicSpec compacted(String name, TopicSettings settings) {
        return spec(name, 1, settings, Map.of("cleanup.policy", "compact"));
    }

    private static TopicSpec spec(String name, int partitions, TopicSettings settings, Map<String, String> more) {
        Map<String, String> configs = new HashMap<>(more);
        configs.put("retention.ms", "-1");
        configs.put("retention.bytes", "-1");
        configs.put(
                "max.message.bytes",
                Long.toString(settings.recordSizeMax().bytes()
                        + io.millrace.common.kafka.KafkaClients.RECORD_OVERHEAD_BYTES));
        configs.put("min.insync.replicas", Integer.toString(Math.max(1, settings.replicationFactor() - 1)));
        return new TopicSpec(name, partitions, settings.replicationFactor(), configs);
    }
}
