package io.millrace.ops.peek;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.ops.cluster.RunClients;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** {@code millrace peek}: single records of a run, readable. A broken record is shown as such and is no failure. */
public final class PeekCommand extends Command<PeekCommand.Settings> {
    private final PrintStream out;

    public PeekCommand() {
        this(System.out);
    }

    /** @param out where the answer goes */
    public PeekCommand(PrintStream out) {
        super("peek", "Shows records of a run's topics in readable form.", Settings.class);
        this.out = out;
    }

    /**
     * What the command takes.
     *
     * @param last how many of the newest records, when neither index nor offset is given
     */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(defaultValue = Setting.REQUIRED, help = "Topic to look into")
            PeekTopic topic,

            @Setting(
                    range = "0 or more",
                    help = "Show every record of this group index; reads the topic from its beginning")
            @Nullable
            Long index,

            @Setting(range = "0 or more", help = "Show the record at this offset") @Nullable
            Long offset,

            @Setting(defaultValue = "0", range = "0 or more", help = "Partition of --offset")
            int partition,

            @Setting(
                    defaultValue = "1",
                    range = "1 to 10000 records",
                    help = "Show so many of the newest records, over all partitions")
            int last,

            @Setting(defaultValue = "false", help = "Cut neither long texts nor long arrays")
            boolean full,

            KafkaSettings kafka) {
        public Settings {
            if (index != null && offset != null) {
                throw SettingException.impossible("--index and --offset", "give one of them");
            }
            if (index != null && !topic.byGroup()) {
                throw SettingException.impossible(
                        "--index",
                        "records of " + topic.name().toLowerCase(java.util.Locale.ROOT) + " are not keyed by group");
            }
        }
    }

    @Override
    public int run(Settings settings) throws Exception {
        try (RunClients run = RunClients.open(settings.kafka(), settings.run(), "millrace-peek")) {
            String topic = settings.topic().name(run.topics());
            List<ConsumerRecord<byte[], byte[]>> records = find(settings, run.reader(), topic);
            RecordView view = new RecordView(settings.topic(), settings.full());
            for (ConsumerRecord<byte[], byte[]> record : records) {
                view.lines(record).forEach(out::println);
                out.println();
            }
            if (records.isEmpty()) {
                out.println(topic + ": " + nothing(settings));
            }
            return 0;
        }
    }

    private static String nothing(Settings settings) {
        if (settings.index() != null) {
            return "no record of group " + settings.index();
        }
        return settings.offset() == null
                ? "no record yet"
                : "no committed record at or after offset " + settings.offset() + " of partition "
                        + settings.partition();
    }

    private static List<ConsumerRecord<byte[], byte[]>> find(Settings settings, PartitionReader reader, String topic)
            throws Exception {
        List<TopicPartition> partitions = reader.partitions(topic);
        Long index = settings.index();
        Long offset = settings.offset();
        if (index != null) {
            return ofGroup(reader, partitions, index);
        }
        if (offset != null) {
            if (settings.partition() >= partitions.size()) {
                throw new SettingException("--partition must be 0 to " + (partitions.size() - 1) + " for " + topic
                        + ", was " + settings.partition());
            }
            return reader.first(partitions.get(settings.partition()), offset).stream()
                    .toList();
        }
        return newest(reader, partitions, settings.last());
    }

    private static List<ConsumerRecord<byte[], byte[]>> ofGroup(
            PartitionReader reader, List<TopicPartition> partitions, long index) throws Exception {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        String key = Long.toString(index);
        // Every partition: what was sent to a wrong one is just what one wants to see.
        for (TopicPartition partition : partitions) {
            reader.read(partition, 0, record -> {
                if (record.key() != null && key.equals(new String(record.key(), StandardCharsets.UTF_8))) {
                    found.add(record);
                }
            });
        }
        return found;
    }

    private static List<ConsumerRecord<byte[], byte[]>> newest(
            PartitionReader reader, List<TopicPartition> partitions, int count) throws Exception {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            List<ConsumerRecord<byte[], byte[]>> records =
                    reader.newest(partition, candidates -> candidates.size() >= count);
            found.addAll(records.subList(Math.max(0, records.size() - count), records.size()));
        }
        found.sort(Comparator.<ConsumerRecord<byte[], byte[]>>comparingLong(ConsumerRecord::timestamp)
                .thenComparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset));
        return found.subList(Math.max(0, found.size() - count), found.size());
    }
}
