package io.millrace.common.ops.audit;

import io.millrace.common.config.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.ops.OpsClients;
import io.millrace.common.ops.RunLookup;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jspecify.annotations.Nullable;

/** {@code millrace audit}: what became of every group of a run; exits 1 when anything is wrong. */
public final class AuditCommand implements Command<AuditCommand.Settings> {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final PrintStream out;

    public AuditCommand() {
        this(System.out);
    }

    /** @param out where the answer goes */
    public AuditCommand(PrintStream out) {
        this.out = out;
    }

    /**
     * What the command takes.
     *
     * @param group a group of which everything known is printed; null for none
     */
    public record Settings(
            @Setting(name = "run", defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(name = "json", defaultValue = "false", help = "Print one JSON object instead of lines")
            boolean json,

            @Setting(
                    name = "group",
                    defaultValue = Setting.NONE,
                    min = "0",
                    help = "Also print everything known of this group index")
            @Nullable
            Long group,

            @Setting(
                    name = "grace",
                    defaultValue = "30s",
                    min = "1s",
                    max = "10m",
                    help = "A producer silent for longer counts as gone; and how long after the first look groups are"
                            + " looked for again that were nowhere, before they count as lost")
            Duration grace,

            KafkaSettings kafka) {}

    @Override
    public String name() {
        return "audit";
    }

    @Override
    public String description() {
        return "Accounts for every admitted group of a run; exits 1 when one is lost, doubled or contradictory.";
    }

    @Override
    public Class<Settings> settings() {
        return Settings.class;
    }

    @Override
    public int run(Settings settings) throws Exception {
        KafkaClients clients = OpsClients.of(settings.kafka());
        try (Admin admin = clients.admin("millrace-audit");
                PartitionReader reader =
                        new PartitionReader(new TopicTail(clients.follower("millrace-audit")), LIMIT)) {
            RunTopics topics = RunLookup.require(admin, settings.run(), LIMIT);
            AuditReport report = new RunAudit(
                            topics,
                            reader,
                            lane -> start(admin, topics, lane),
                            WallClock.system(),
                            settings.grace(),
                            settings.group())
                    .run();
            if (settings.json()) {
                out.println(Json.MAPPER.writeValueAsString(report.json()));
            } else {
                report.lines(settings.group()).forEach(out::println);
            }
            return report.clean() ? 0 : 1;
        }
    }

    private static Optional<Long> start(Admin admin, RunTopics topics, String lane) throws Exception {
        String group = topics.shareGroup(lane);
        TopicPartition only = new TopicPartition(lane, 0);
        ListShareGroupOffsetsSpec spec = new ListShareGroupOffsetsSpec().topicPartitions(List.of(only));
        try {
            return Optional.ofNullable(admin.listShareGroupOffsets(Map.of(group, spec))
                            .partitionsToOffsetInfo(group)
                            .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                            .get(only))
                    .map(SharePartitionOffsetInfo::startOffset)
                    .filter(offset -> offset >= 0);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
