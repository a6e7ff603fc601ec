package io.millrace.common.topics;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.GroupKind;
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
    /** Whose clock a record's time is of. */
    static final String TIMESTAMP_TYPE = "message.timestamp.type";

    /** Deleting records frees disk by whole segments. */
    static final String SEGMENT_BYTES = "segment.bytes";

    /**
     * Of topics with whole groups: at 50 MB a second over four partitions a segment is filled in 10 s, and an hour of
     * unsettled groups is 1,400 of them.
     */
    private static final long GROUPS_SEGMENT_BYTES = 128L << 20;

    /** Of topics with small records, whose trimmed tail stays on disk up to this size. */
    private static final long RECORDS_SEGMENT_BYTES = 16L << 20;

    /** Compaction leaves the newest segment alone; a quiet topic is compacted an hour late at most. */
    private static final String SEGMENT_MS = "3600000";

    public TopicSpec {
        configs = Map.copyOf(configs);
    }

    /** Every topic of a run, in the order of the design's table. */
    public static List<TopicSpec> all(TopicSettings settings) {
        RunTopics topics = new RunTopics(settings.run());
        List<TopicSpec> specs = new ArrayList<>();
        specs.add(log(topics.lane(Lane.TRAINING), 1, settings));
        specs.add(log(topics.lane(Lane.URGENT), 1, settings));
        specs.add(groups(topics.results(GroupKind.TRAINING), settings.resultPartitions(), settings));
        specs.add(groups(topics.partials(), 1, settings));
        specs.add(log(topics.receipts(GroupKind.TRAINING), 1, settings));
        specs.add(compacted(topics.workers(), settings));
        specs.add(log(topics.steps(), 1, settings));
        specs.add(compacted(topics.policy(), settings));
        specs.add(compacted(topics.runRecord(), settings));
        specs.add(log(topics.deadLetters(), 1, settings));
        specs.add(log(topics.evals(), 1, settings));
        specs.add(log(topics.lane(Lane.EVALUATION), 1, settings));
        specs.add(groups(topics.results(GroupKind.EVALUATION), settings.resultPartitions(), settings));
        specs.add(log(topics.receipts(GroupKind.EVALUATION), 1, settings));
        return specs;
    }

    /** Keeps everything: what is not settled must never be trimmed, so the owner deletes by hand. */
    private static TopicSpec log(String name, int partitions, TopicSettings settings) {
        return spec(name, partitions, settings, "delete", RECORDS_SEGMENT_BYTES);
    }

    private static TopicSpec groups(String name, int partitions, TopicSettings settings) {
        return spec(name, partitions, settings, "delete", GROUPS_SEGMENT_BYTES);
    }

    private static TopicSpec compacted(String name, TopicSettings settings) {
        return spec(name, 1, settings, "compact", RECORDS_SEGMENT_BYTES);
    }

    private static TopicSpec spec(
            String name, int partitions, TopicSettings settings, String cleanup, long segmentBytes) {
        Map<String, String> configs = new HashMap<>();
        configs.put("cleanup.policy", cleanup);
        // By the broker's clock: a writer whose own is ahead would be refused (message.timestamp.after.max.ms), and no
        // reader could compare two records' times.
        configs.put(TIMESTAMP_TYPE, "LogAppendTime");
        configs.put("retention.ms", "-1");
        configs.put("retention.bytes", "-1");
        long recordBytes = settings.recordSizeMax().bytes() + KafkaClients.RECORD_OVERHEAD_BYTES;
        configs.put("max.message.bytes", Long.toString(recordBytes));
        // A segment takes no batch above its own size; two of the largest, so that most segments are well filled.
        configs.put(SEGMENT_BYTES, Long.toString(Math.max(segmentBytes, 2 * recordBytes)));
        configs.put("segment.ms", SEGMENT_MS);
        configs.put("min.insync.replicas", Integer.toString(Math.max(1, settings.replicationFactor() - 1)));
        return new TopicSpec(name, partitions, settings.replicationFactor(), configs);
    }
}
