package io.millrace.ops.backup;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.ops.backup.files.BackupManifest;
import io.millrace.ops.backup.files.StoredRecord;
import io.millrace.ops.backup.files.StoredRecords;
import io.millrace.ops.cluster.RunClients;
import io.millrace.ops.cluster.TopicDeletion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/*
 * While the topics are filled they keep the times they are given, keep everything, and are compacted by nobody. A topic in that
 * state is one that no process of a run accepts (TopicAdmin verifies the time's kind), so nobody begins on half a run; their own
 * settings come last.
 */

/** Makes the topics and positions of a backup on a cluster. One owner. */
final class RunRestore {
    private static final Duration POLL = Duration.ofMillis(200);

    private final KafkaClients clients;
    private final Admin admin;
    private final RunId run;
    private final OptionalInt replicas;
    private final Path folder;
    private final BackupManifest manifest;

    /**
     * @param admin not owned
     * @param replicas copies of each topic; as they were when empty
     */
    RunRestore(
            KafkaClients clients, Admin admin, RunId run, OptionalInt replicas, Path folder, BackupManifest manifest) {
        this.clients = clients;
        this.admin = admin;
        this.run = run;
        this.replicas = replicas;
        this.folder = folder;
        this.manifest = manifest;
    }

    /** @throws SettingException when there is anything of the run; nothing is changed then */
    void requireNew() throws InterruptedException {
        List<String> there = RunClients.answer("list topics", admin.listTopics().names()).stream()
                .filter(name -> name.startsWith(run + "."))
                .sorted()
                .toList();
        if (!there.isEmpty()) {
            throw new SettingException("run " + run + " is on this cluster already (" + String.join(", ", there)
                    + "). Restore it under another name with --run, or take it away first: remove --run " + run
                    + " --yes " + run);
        }
    }

    /** Whatever goes wrong, the topics that it made are deleted again. */
    void restore() throws Exception {
        make();
        try {
            fill();
            groups();
            settle();
        } catch (Exception e) {
            try {
                TopicDeletion.delete(
                        admin, manifest.topics().stream().map(this::name).toList());
            } catch (InterruptedException | RuntimeException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private String name(BackupManifest.Topic topic) {
        return run + "." + topic.name();
    }

    private TopicPartition partition(BackupManifest.Topic topic, BackupManifest.Partition partition) {
        return new TopicPartition(name(topic), partition.partition());
    }

    private Map<String, String> own(BackupManifest.Topic topic) {
        Map<String, String> configs = new TreeMap<>(topic.configs());
        if (replicas.isPresent()) {
            configs.put(
                    TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(Math.max(1, replicas.getAsInt() - 1)));
        }
        return configs;
    }

    private static Map<String, String> whileFilled() {
        return Map.of(
                TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "CreateTime",
                TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, Long.toString(Long.MAX_VALUE),
                TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE,
                TopicConfig.RETENTION_MS_CONFIG, "-1",
                TopicConfig.RETENTION_BYTES_CONFIG, "-1");
    }

    private void make() throws InterruptedException {
        List<NewTopic> topics = new ArrayList<>();
        for (BackupManifest.Topic topic : manifest.topics()) {
            Map<String, String> configs = new HashMap<>(own(topic));
            configs.putAll(whileFilled());
            int copies = replicas.orElse(topic.replicationFactor());
            topics.add(new NewTopic(name(topic), topic.partitions().size(), (short) copies).configs(configs));
        }
        List<String> made = new ArrayList<>();
        try {
            for (Map.Entry<String, KafkaFuture<Void>> topic :
                    admin.createTopics(topics).values().entrySet()) {
                RunClients.answer("create topic " + topic.getKey(), topic.getValue());
                made.add(topic.getKey());
            }
        } catch (InterruptedException | RuntimeException e) {
            if (!made.isEmpty()) {
                TopicDeletion.delete(admin, made);
            }
            throw e;
        }
    }

    private void fill() throws Exception {
        Map<String, Object> batches = Map.of("linger.ms", 5, "batch.size", 1 << 20, "compression.type", "zstd");
        try (Producer<byte[], byte[]> plain = clients.producer("millrace-restore", batches);
                Producer<byte[], byte[]> transactional =
                        clients.transactionalProducer("millrace-restore", run + ".restore", batches)) {
            transactional.initTransactions();
            for (BackupManifest.Topic topic : manifest.topics()) {
                for (BackupManifest.Partition partition : topic.partitions()) {
                    TopicPartition there = partition(topic, partition);
                    PartitionRefill log = new PartitionRefill(there, plain, transactional, admin);
                    Refill refill = new Refill(log);
                    try (StoredRecords stored = stored(partition)) {
                        for (StoredRecord record = stored.next(); record != null; record = stored.next()) {
                            refill.add(record);
                        }
                    }
                    long begin = refill.end(partition.end());
                    log.flush();
                    if (begin > 0) {
                        RunClients.answer(
                                "delete the first records of " + there,
                                admin.deleteRecords(Map.of(there, RecordsToDelete.beforeOffset(begin)))
                                        .all());
                    }
                }
            }
        }
        verify();
    }

    private StoredRecords stored(BackupManifest.Partition partition) {
        return new StoredRecords(partition.files().stream().map(folder::resolve).toList());
    }

    /** Reads everything back and holds it against the files. */
    private void verify() throws Exception {
        try (Consumer<byte[], byte[]> consumer = clients.follower("millrace-restore")) {
            for (BackupManifest.Topic topic : manifest.topics()) {
                for (BackupManifest.Partition partition : topic.partitions()) {
                    verify(consumer, partition(topic, partition), partition);
                }
            }
        }
    }

    private void verify(Consumer<byte[], byte[]> consumer, TopicPartition there, BackupManifest.Partition partition)
            throws Exception {
        long end = consumer.endOffsets(List.of(there), RunClients.LIMIT).getOrDefault(there, -1L);
        if (end != partition.end()) {
            throw new SettingException(there + " ends at offset " + end + " and not at " + partition.end());
        }
        consumer.assign(List.of(there));
        consumer.seekToBeginning(List.of(there));
        try (StoredRecords stored = stored(partition)) {
            long read = 0;
            long silentSince = System.nanoTime();
            for (long at = -1; consumer.position(there, RunClients.LIMIT) < end; ) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL).records(there)) {
                    StoredRecord due = stored.next();
                    if (due == null || !due.same(StoredRecord.of(record))) {
                        throw new SettingException(
                                there + " has another record at offset " + record.offset() + " than the backup");
                    }
                    read++;
                }
                long now = consumer.position(there, RunClients.LIMIT);
                if (now > at) {
                    at = now;
                    silentSince = System.nanoTime();
                } else if (System.nanoTime() - silentSince > RunClients.LIMIT.toNanos()) {
                    throw new SettingException("the broker gave nothing of " + there + " from offset " + at + " on for "
                            + RunClients.LIMIT.toSeconds() + " s");
                }
            }
            @Nullable StoredRecord left = stored.next();
            if (left != null || read != partition.records()) {
                throw new SettingException(there + " has " + read + " records, the backup " + partition.records());
            }
        }
    }

    private void groups() throws InterruptedException {
        for (BackupManifest.Group group : manifest.groups()) {
            String id = run + "." + group.name();
            Map<TopicPartition, Long> positions = group.positions().stream()
                    .collect(Collectors.toMap(
                            position -> new TopicPartition(run + "." + position.topic(), position.partition()),
                            BackupManifest.Position::offset));
            if (positions.isEmpty()) {
                continue;
            }
            switch (group.kind()) {
                case SHARE ->
                    RunClients.answer(
                            "set what share group " + id + " has claimed",
                            admin.alterShareGroupOffsets(id, positions).all());
                case CONSUMER -> {
                    Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
                    positions.forEach((partition, offset) -> committed.put(partition, new OffsetAndMetadata(offset)));
                    RunClients.answer(
                            "set what consumer group " + id + " has committed",
                            admin.alterConsumerGroupOffsets(id, committed).all());
                }
            }
        }
    }

    /** The topics' own settings: from here on it is a run. */
    private void settle() throws InterruptedException {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        for (BackupManifest.Topic topic : manifest.topics()) {
            List<AlterConfigOp> ops = new ArrayList<>();
            Map<String, String> own = own(topic);
            whileFilled().forEach((key, value) -> {
                String was = own.get(key);
                ops.add(new AlterConfigOp(
                        new ConfigEntry(key, was),
                        was == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET));
            });
            changes.put(new ConfigResource(ConfigResource.Type.TOPIC, name(topic)), ops);
        }
        RunClients.answer(
                "set the topics' settings",
                admin.incrementalAlterConfigs(changes).all());
    }
}
