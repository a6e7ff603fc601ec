package io.millrace.ops.remove;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.cluster.RunClients;
import io.millrace.ops.cluster.RunGroups;
import io.millrace.ops.cluster.TopicDeletion;
import io.millrace.ops.text.TextTable;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace remove}: a run's topics, groups and their settings. It lists them, and removes them when the run's id is
 * typed again, unless a process of the run is at work.
 */
public final class RemoveCommand extends Command<RemoveCommand.Settings> {
    /** Workers and the ledger write every 2 s. */
    private static final Duration WATCH = Duration.ofSeconds(5);

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

    private static final int RECORD_BYTES = 1 << 20;

    private final PrintStream out;

    public RemoveCommand() {
        this(System.out);
    }

    /** @param out where the list goes, and what was done */
    public RemoveCommand(PrintStream out) {
        super("remove", "Removes a run: its topics with all that is on them, and its groups.", Settings.class);
        this.out = out;
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(
                    help = "The run's id again: without it the command lists what it would remove, and removes nothing")
            @Nullable
            String yes,

            @Setting(
                    defaultValue = "false",
                    help = "Remove it also while processes of the run are at work, which then fail")
            boolean whileRunning,

            KafkaSettings kafka) {}

    private record There(Map<String, TopicDescription> topics, List<RunGroups.Group> groups) {}

    @Override
    public int run(Settings settings) throws Exception {
        RunId run = settings.run();
        String yes = settings.yes();
        if (yes != null && !yes.equals(run.value())) {
            throw new SettingException(
                    "--yes must be the run's id, " + run + ", was '" + yes + "'; nothing is removed");
        }
        try (Admin admin = new KafkaClients(settings.kafka(), RECORD_BYTES).admin("millrace-remove")) {
            RunGroups groups = new RunGroups(admin, run);
            There there = there(admin, groups, run);
            list(admin, there);
            if (yes == null) {
                out.println("nothing is removed: to remove all of this for good, say --yes " + run);
                return 1;
            }
            if (!settings.whileRunning()) {
                requireNobody(admin, groups, there, new RunTopics(run));
            }
            return remove(admin, new RunTopics(run), groups, there);
        }
    }

    private static There there(Admin admin, RunGroups groups, RunId run) throws InterruptedException {
        Set<String> all = RunClients.answer("list topics", admin.listTopics().names());
        List<String> ours =
                all.stream().filter(name -> name.startsWith(run + ".")).toList();
        There there = new There(
                new TreeMap<>(RunClients.answer(
                        "describe topics", admin.describeTopics(ours).allTopicNames())),
                groups.all());
        if (there.topics().isEmpty() && there.groups().isEmpty()) {
            throw new SettingException(RunClients.unknown(run, all));
        }
        return there;
    }

    private static Map<TopicPartition, Long> offsets(Admin admin, There there, OffsetSpec spec)
            throws InterruptedException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        there.topics()
                .forEach((name, topic) -> topic.partitions()
                        .forEach(partition -> asked.put(new TopicPartition(name, partition.partition()), spec)));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        RunClients.answer("list offsets", admin.listOffsets(asked).all())
                .forEach((partition, info) -> offsets.put(partition, info.offset()));
        return offsets;
    }

    private void list(Admin admin, There there) throws InterruptedException {
        Map<TopicPartition, Long> begins = offsets(admin, there, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = offsets(admin, there, OffsetSpec.latest());
        TextTable table = new TextTable("topic or group", "kind", "records");
        there.topics().forEach((name, topic) -> {
            long records = ends.entrySet().stream()
                    .filter(end -> end.getKey().topic().equals(name))
                    .mapToLong(end -> end.getValue() - begins.getOrDefault(end.getKey(), 0L))
                    .sum();
            table.row(name, "topic", records);
        });
        there.groups().forEach(group -> table.row(group.id(), group.share() ? "share group" : "consumer group", ""));
        table.lines().forEach(out::println);
    }

    /** Members of groups are at work, and so is whoever writes a status. */
    private static void requireNobody(Admin admin, RunGroups groups, There there, RunTopics names)
            throws InterruptedException {
        List<String> members = new ArrayList<>();
        for (RunGroups.Group group : there.groups()) {
            members.addAll(groups.members(group));
        }
        String atWork = "";
        if (!members.isEmpty()) {
            atWork = "groups have the members " + String.join(", ", members);
        } else if (there.topics().containsKey(names.workers()) && grows(admin, names.workers())) {
            atWork = "its workers or its producer write to " + names.workers();
        }
        if (!atWork.isEmpty()) {
            throw new SettingException("run " + names.run() + " is at work: " + atWork
                    + "; nothing is removed. Stop its processes first, or say --while-running true");
        }
    }

    private static boolean grows(Admin admin, String topic) throws InterruptedException {
        TopicPartition partition = new TopicPartition(topic, 0);
        long first = end(admin, partition);
        long since = System.nanoTime();
        while (System.nanoTime() - since < WATCH.toNanos()) {
            Thread.sleep(BETWEEN_LOOKS);
            if (end(admin, partition) > first) {
                return true;
            }
        }
        return false;
    }

    private static long end(Admin admin, TopicPartition partition) throws InterruptedException {
        return RunClients.answer(
                        "list offsets",
                        admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                                .partitionResult(partition))
                .offset();
    }

    private int remove(Admin admin, RunTopics names, RunGroups groups, There there) throws InterruptedException {
        // Whoever is still there is to write nothing more. One that stands by may make the run anew once this is
        // done: that the processes are stopped first is the caller's part.
        RunClients.answer(
                "fence producer and trainer consumer",
                admin.fenceProducers(List.of(names.producerTransactionalId(), names.trainerTransactionalId()))
                        .all());
        if (!there.topics().isEmpty()) {
            TopicDeletion.delete(admin, there.topics().keySet());
        }
        int left = 0;
        for (RunGroups.Group group : there.groups()) {
            try {
                forget(admin, group);
                groups.delete(group);
            } catch (SettingException e) {
                out.println("group " + group.id() + " stays: " + e.getMessage());
                left++;
            }
        }
        out.println("run " + names.run() + " is removed: " + there.topics().size() + " topics, "
                + (there.groups().size() - left) + " groups"
                + (left == 0
                        ? ""
                        : "; " + left + " groups have members still: say the same again once they have ended"));
        return left == 0 ? 0 : 1;
    }

    /** A group's settings outlive it. */
    private static void forget(Admin admin, RunGroups.Group group) throws InterruptedException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group.id());
        Map<ConfigResource, Config> told = RunClients.answer(
                "describe the settings of group " + group.id(),
                admin.describeConfigs(List.of(resource)).all());
        List<AlterConfigOp> ops = told.values().stream()
                .flatMap(config -> config.entries().stream())
                .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG)
                .map(entry -> new AlterConfigOp(new ConfigEntry(entry.name(), null), AlterConfigOp.OpType.DELETE))
                .toList();
        if (!ops.isEmpty()) {
            Map<ConfigResource, Collection<AlterConfigOp>> changes = Map.of(resource, ops);
            RunClients.answer(
                    "forget the settings of group " + group.id(),
                    admin.incrementalAlterConfigs(changes).all());
        }
    }
}
