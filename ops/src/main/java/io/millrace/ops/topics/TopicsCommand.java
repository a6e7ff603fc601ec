package io.millrace.ops.topics;

import io.millrace.common.cli.Command;
import io.millrace.common.config.SettingException;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.topics.TopicSpec;
import io.millrace.ops.cluster.RunClients;
import io.millrace.ops.text.TextTable;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code millrace topics}: makes a run's topics or verifies them, and shows them. */
public final class TopicsCommand extends Command<TopicsCommand.Settings> {
    private static final Logger log = LoggerFactory.getLogger(TopicsCommand.class);
    private final PrintStream out;

    public TopicsCommand() {
        this(System.out);
    }

    /** @param out where the answer goes */
    public TopicsCommand(PrintStream out) {
        super("topics", "Creates a run's topics or verifies those that are there, and shows them.", Settings.class);
        this.out = out;
    }

    /** What the command takes. */
    public record Settings(TopicSettings topics, KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        KafkaClients clients = new KafkaClients(
                settings.kafka(), (int) settings.topics().recordSizeMax().bytes());
        try (Admin admin = clients.admin("millrace-topics");
                PartitionReader reader =
                        new PartitionReader(new TopicTail(clients.follower("millrace-topics")), RunClients.LIMIT)) {
            TopicAdmin.Outcome outcome = new TopicAdmin(admin, RunClients.LIMIT).ensure(settings.topics());
            Map<String, Long> bytes = bytes(admin);
            TextTable table = new TextTable("topic", "state", "partitions", "records", "bytes", "settings");
            for (TopicSpec spec : TopicSpec.all(settings.topics())) {
                table.row(
                        spec.name(),
                        outcome.created().contains(spec.name()) ? "created" : "verified",
                        spec.partitions(),
                        offsets(reader, spec.name()),
                        bytes.containsKey(spec.name()) ? bytes.get(spec.name()) : "-",
                        configs(spec));
            }
            table.lines().forEach(out::println);
            out.println("records: last offset minus first, transaction markers included; bytes: over all replicas");
            return 0;
        }
    }

    private static long offsets(PartitionReader reader, String topic) {
        long count = 0;
        for (TopicPartition partition : reader.partitions(topic)) {
            count += reader.end(partition) - reader.begin(partition);
        }
        return count;
    }

    private static String configs(TopicSpec spec) {
        return String.join(
                " ",
                new TreeMap<>(spec.configs())
                        .entrySet().stream()
                                .map(entry -> entry.getKey() + "=" + entry.getValue())
                                .toList());
    }

    /** Sizes on disk; empty where this client may not ask. */
    private static Map<String, Long> bytes(Admin admin) throws InterruptedException {
        Map<String, Long> bytes = new HashMap<>();
        try {
            List<Integer> brokers = RunClients.answer(
                            "describe the cluster", admin.describeCluster().nodes())
                    .stream()
                    .map(node -> node.id())
                    .toList();
            RunClients.answer(
                            "describe log folders",
                            admin.describeLogDirs(brokers).allDescriptions())
                    .values()
                    .forEach(folders -> folders.values()
                            .forEach(folder -> folder.replicaInfos()
                                    .forEach((partition, replica) ->
                                            bytes.merge(partition.topic(), replica.size(), Long::sum))));
        } catch (SettingException e) {
            log.warn("sizes are not shown: {}", e.getMessage());
        }
        return bytes;
    }
}
