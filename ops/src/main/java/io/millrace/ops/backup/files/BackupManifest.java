package io.millrace.ops.backup.files;

import java.util.List;
import java.util.Map;

/**
 * What a backup holds, as {@code manifest.json}. Names of topics and groups stand without the run's id, so that a run may be
 * restored under another one.
 *
 * @param run the id it had
 * @param madeAt ISO 8601, by the clock of the machine that made it
 * @param exact whether nothing was written to the run while it was copied; else it is the run at one moment of the copy
 */
public record BackupManifest(String run, String madeAt, boolean exact, List<Topic> topics, List<Group> groups) {
    /** Rises when a reader of before could take it for something else. */
    static final int VERSION = 1;

    public BackupManifest {
        topics = List.copyOf(topics);
        groups = List.copyOf(groups);
    }

    /** @param configs what was set for the topic itself, Kafka's keys */
    public record Topic(String name, int replicationFactor, Map<String, String> configs, List<Partition> partitions) {
        public Topic {
            configs = Map.copyOf(configs);
            partitions = List.copyOf(partitions);
        }
    }

    /**
     * @param begin offset of the first record that is kept
     * @param end one above the last offset; below it stand records, transaction markers and what compaction took
     * @param records in the files
     * @param files relative to the backup, in the order of their offsets
     */
    public record Partition(int partition, long begin, long end, long records, List<String> files) {
        public Partition {
            files = List.copyOf(files);
            if (begin < 0 || end < begin || records < 0 || records > end - begin) {
                throw new IllegalArgumentException(
                        "a partition holds " + records + " records from offset " + begin + " to " + end);
            }
        }
    }

    /** What a group has taken: for a share group where its next claim begins, for a consumer group what it committed. */
    public record Group(String name, Kind kind, List<Position> positions) {
        public Group {
            positions = List.copyOf(positions);
        }
    }

    /** Kafka's kinds of groups that a run has. */
    public enum Kind {
        SHARE,
        CONSUMER
    }

    public record Position(String topic, int partition, long offset) {}

    /** Records in all files. */
    public long records() {
        return topics.stream()
                .flatMap(topic -> topic.partitions().stream())
                .mapToLong(Partition::records)
                .sum();
    }
}
