package io.millrace.ops.backup;

import io.millrace.common.config.SettingException;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.backup.files.BackupFolder;
import io.millrace.ops.backup.files.BackupManifest;
import io.millrace.ops.backup.files.PartitionFiles;
import io.millrace.ops.backup.files.StoredRecord;
import io.millrace.ops.cluster.RunClients;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** Copies one moment of a run to files. One owner. */
final class RunCopy {
    private static final Duration POLL = Duration.ofMillis(200);

    private final RunClients run;
    private final Admin admin;
    private final RunTopics names;
    private final BackupFolder folder;

    /** @param run not owned */
    RunCopy(RunClients run, BackupFolder folder) {
        this.run = run;
        this.admin = run.admin();
        this.names = run.topics();
        this.folder = folder;
    }

    /** The run deleted what had not been copied: the copy would have a hole. */
    static final class DeletedMeanwhileException extends Exception {
        private static final long serialVersionUID = 1;

        private DeletedMeanwhileException(String message) {
            super(message);
        }
    }

    /** @return what the folder has now, to be written to it */
    BackupManifest copy() throws DeletedMeanwhileException, IOException, InterruptedException {
        Map<String, TopicDescription> topics = topics();
        Map<String, Map<String, String>> configs = configs(List.copyOf(topics.keySet()));
        RunCut cut = RunCut.take(admin, names, topics);
        Map<TopicPartition, BackupManifest.Partition> copied = new HashMap<>();
        try (Consumer<byte[], byte[]> consumer = run.follower()) {
            for (TopicPartition partition : inOrder(cut)) {
                copied.put(partition, copy(consumer, partition, cut));
            }
        }
        String prefix = names.run() + ".";
        List<BackupManifest.Topic> described = new ArrayList<>();
        topics.forEach((name, topic) -> described.add(new BackupManifest.Topic(
                name.substring(prefix.length()),
                topic.partitions().getFirst().replicas().size(),
                configs.getOrDefault(name, Map.of()),
                topic.partitions().stream()
                        .map(partition -> copied.get(new TopicPartition(name, partition.partition())))
                        .toList())));
        return new BackupManifest(
                names.run().value(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                cut.unchanged(admin),
                described,
                groups(cut, prefix));
    }

    private Map<String, TopicDescription> topics() throws InterruptedException {
        String prefix = names.run() + ".";
        List<String> ours = RunClients.answer("list topics", admin.listTopics().names()).stream()
                .filter(name -> name.startsWith(prefix))
                .toList();
        return new TreeMap<>(
                RunClients.answer("describe topics", admin.describeTopics(ours).allTopicNames()));
    }

    private Map<String, Map<String, String>> configs(List<String> topics) throws InterruptedException {
        Map<ConfigResource, Config> told = RunClients.answer(
                "describe topic settings",
                admin.describeConfigs(topics.stream()
                                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                                .toList())
                        .all());
        Map<String, Map<String, String>> configs = new HashMap<>();
        told.forEach((resource, config) -> {
            Map<String, String> own = new TreeMap<>();
            for (ConfigEntry entry : config.entries()) {
                if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG && entry.value() != null) {
                    own.put(entry.name(), entry.value());
                }
            }
            configs.put(resource.name(), own);
        });
        return configs;
    }

    /** What is soonest deleted first: the smallest, of what a run deletes at all. */
    private List<TopicPartition> inOrder(RunCut cut) {
        return cut.ends().keySet().stream()
                .sorted(Comparator.comparing(
                                (TopicPartition partition) -> partition.topic().equals(names.steps()))
                        .thenComparing(partition -> partition.topic().endsWith("results"))
                        .thenComparing(TopicPartition::topic)
                        .thenComparingInt(TopicPartition::partition))
                .toList();
    }

    private BackupManifest.Partition copy(Consumer<byte[], byte[]> consumer, TopicPartition partition, RunCut cut)
            throws DeletedMeanwhileException, IOException {
        long begin = cut.begins().getOrDefault(partition, 0L);
        long end = cut.ends().getOrDefault(partition, 0L);
        String name = partition.topic().substring(names.run().value().length() + 1);
        try (PartitionFiles files = new PartitionFiles(folder.of(name, partition.partition()))) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, begin);
            long position = begin;
            long silentSince = System.nanoTime();
            while (position < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL).records(partition)) {
                    if (record.offset() < end) {
                        files.add(StoredRecord.of(record));
                    }
                }
                long now = consumer.position(partition, RunClients.LIMIT);
                if (now > position) {
                    position = now;
                    silentSince = System.nanoTime();
                } else if (System.nanoTime() - silentSince > RunClients.LIMIT.toNanos()) {
                    throw new SettingException("the broker gave nothing of " + partition + " from offset " + position
                            + " on for " + RunClients.LIMIT.toSeconds() + " s; it is to be copied up to " + end);
                }
            }
            List<String> written = folder.add(files.end());
            return new BackupManifest.Partition(partition.partition(), begin, end, files.records(), written);
        } catch (OffsetOutOfRangeException e) {
            throw new DeletedMeanwhileException("the run deleted records of " + partition + " before they were copied");
        }
    }

    /** A position beyond the copy's end is taken for its end: what stood there is not in it. */
    private static List<BackupManifest.Group> groups(RunCut cut, String prefix) {
        List<BackupManifest.Group> groups = new ArrayList<>();
        cut.groups()
                .forEach((group, positions) -> groups.add(new BackupManifest.Group(
                        group.id().substring(prefix.length()),
                        group.share() ? BackupManifest.Kind.SHARE : BackupManifest.Kind.CONSUMER,
                        positions.entrySet().stream()
                                .filter(entry -> cut.ends().containsKey(entry.getKey()))
                                .map(entry -> new BackupManifest.Position(
                                        entry.getKey().topic().substring(prefix.length()),
                                        entry.getKey().partition(),
                                        Math.min(entry.getValue(), cut.ends().getOrDefault(entry.getKey(), 0L))))
                                .toList())));
        groups.sort(Comparator.comparing(BackupManifest.Group::name));
        return groups;
    }
}
