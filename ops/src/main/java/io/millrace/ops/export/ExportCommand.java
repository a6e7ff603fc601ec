package io.millrace.ops.export;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.time.Ticker;
import io.millrace.common.wire.PackedGroup;
import io.millrace.ops.cluster.RunClients;
import io.millrace.trainer.batch.BatchReadException;
import io.millrace.trainer.batch.BatchReader;
import io.millrace.trainer.batch.BatchSource;
import io.millrace.trainer.batch.LeasedBatch;
import io.millrace.trainer.steps.StepHistory;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace export}: samples of acknowledged steps, or of every group that finished, one row each, as JSON lines or
 * Parquet. In memory is one step, or {@link #CHUNK_GROUPS} groups, and a Parquet file's row group. A file is there when it
 * is whole.
 */
public final class ExportCommand extends Command<ExportCommand.Settings> {
    /** What does not stand there now is gone. */
    private static final Duration GONE_AFTER = Duration.ofSeconds(2);

    /** Groups of no step are read so many at a time. */
    private static final int CHUNK_GROUPS = 16;

    private final PrintStream say;

    public ExportCommand() {
        this(System.err);
    }

    /** @param say what came of it, for people */
    public ExportCommand(PrintStream say) {
        super("export", "Writes the samples of a run to a file of JSON lines or Parquet.", Settings.class);
        this.say = say;
    }

    /** Whose samples. */
    public enum Of {
        STEPS,
        GROUPS
    }

    /** The file's form. */
    public enum Rows {
        JSONL,
        PARQUET
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(
                    defaultValue = "steps",
                    help = "steps: groups of acknowledged steps that are kept, as the trainer got them; groups: every"
                            + " group that finished and is kept")
            Of of,

            @Setting(defaultValue = "0", range = "0 or more", help = "First step that is wanted")
            long fromStep,

            @Setting(
                    defaultValue = "999999999999999999",
                    range = "0 or more",
                    help = "Last step that is wanted; the newest when it is lower")
            long toStep,

            @Setting(defaultValue = "jsonl", help = "Form of the file: a sample is a line of JSON, or a row of Parquet")
            Rows rows,

            @Setting(defaultValue = Setting.REQUIRED, help = "File to write; one that is there is replaced at the end")
            Path output,

            KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        if (settings.fromStep() > settings.toStep()) {
            throw new SettingException(
                    "--from-step must be at most --to-step, was " + settings.fromStep() + " and " + settings.toStep());
        }
        Path target = settings.output().toAbsolutePath();
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try (RunClients run = RunClients.open(settings.kafka(), settings.run(), "millrace-export")) {
            BatchReader reader = new BatchReader(
                    run.topics().results(GroupKind.TRAINING),
                    run.follower(),
                    Ticker.system(),
                    RunClients.LIMIT,
                    GONE_AFTER);
            try (OutputStream out = open(part)) {
                RowSink sink = settings.rows() == Rows.JSONL ? new JsonLines(out) : new ParquetRows(out);
                Counts counts = new Counts();
                List<StepHistory.Kept> steps = steps(run, settings);
                if (settings.of() == Of.STEPS) {
                    steps(reader, steps, sink, counts);
                } else {
                    groups(run, reader, steps, sink, counts);
                }
                sink.end();
                say.println(counts.groups + " groups, " + counts.rows + " samples in " + target
                        + (counts.gone == 0 ? "" : "; " + counts.gone + " groups are no longer kept")
                        + (counts.unreadable == 0 ? "" : "; " + counts.unreadable + " records are no results"));
            } finally {
                reader.stop(RunClients.LIMIT);
            }
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
        return 0;
    }

    private static final class Counts {
        private long groups;
        private long rows;
        private long gone;
        private long unreadable;
    }

    private static OutputStream open(Path part) {
        try {
            return new BufferedOutputStream(Files.newOutputStream(part), 1 << 20);
        } catch (IOException e) {
            throw new SettingException("--output: cannot write " + part + ": " + e);
        }
    }

    /** Those that were acknowledged, as the newest lineage sees them. */
    private static List<StepHistory.Kept> steps(RunClients run, Settings settings) throws Exception {
        StepHistory history = new StepHistory(new Lineage(Long.MAX_VALUE));
        run.reader()
                .read(
                        new TopicPartition(run.topics().steps(), 0),
                        0,
                        record -> ControlCodec.ifOurs(record.value(), StepRecord.class)
                                .ifPresent(history::add));
        return history.steps(new StepNumber(settings.fromStep()), new StepNumber(settings.toStep()).next()).stream()
                .filter(kept -> kept.acknowledgement() != null)
                .toList();
    }

    private static void steps(BatchReader reader, List<StepHistory.Kept> steps, RowSink sink, Counts counts)
            throws IOException, InterruptedException {
        for (StepHistory.Kept step : steps) {
            StepRecord.Lease lease = step.lease();
            try {
                List<PackedGroup> groups = reader.read(new BatchSource(lease, Map.of()));
                for (PackedGroup group : LeasedBatch.of(lease, groups).groups()) {
                    write(lease, group.unpack(), sink, counts);
                }
            } catch (BatchReadException e) {
                gone(e, lease.groups().size(), counts);
            }
        }
    }

    private static void gone(BatchReadException e, int groups, Counts counts) {
        if (e.reason() != BatchReadException.Cause.GONE) {
            throw e;
        }
        counts.gone += groups;
    }

    private static void groups(
            RunClients run, BatchReader reader, List<StepHistory.Kept> steps, RowSink sink, Counts counts)
            throws Exception {
        FinishedGroups finished = new FinishedGroups();
        Map<ManifestEntry, StepRecord.Lease> trained = new HashMap<>();
        for (StepHistory.Kept step : steps) {
            for (ManifestEntry entry : step.lease().groups()) {
                finished.add(entry);
                trained.put(entry, step.lease());
            }
        }
        for (TopicPartition partition : run.reader().partitions(run.topics().results(GroupKind.TRAINING))) {
            run.reader().read(partition, 0, finished::record);
        }
        counts.unreadable = finished.unreadable();
        List<ManifestEntry> entries = finished.entries();
        for (int at = 0; at < entries.size(); at += CHUNK_GROUPS) {
            List<ManifestEntry> chunk = entries.subList(at, Math.min(entries.size(), at + CHUNK_GROUPS));
            read(reader, chunk, trained, sink, counts);
        }
    }

    /** Those that are no longer there are left out and counted. */
    private static void read(
            BatchReader reader,
            List<ManifestEntry> chunk,
            Map<ManifestEntry, StepRecord.Lease> trained,
            RowSink sink,
            Counts counts)
            throws IOException, InterruptedException {
        List<ManifestEntry> there = chunk;
        while (!there.isEmpty()) {
            try {
                List<PackedGroup> groups = reader.read(new BatchSource(lease(there), Map.of()));
                for (int i = 0; i < groups.size(); i++) {
                    StepRecord.Lease lease = trained.get(there.get(i));
                    PackedGroup group = lease == null
                            ? groups.get(i)
                            : LeasedBatch.of(lease, List.of(groups.get(i)))
                                    .groups()
                                    .getFirst();
                    write(lease, group.unpack(), sink, counts);
                }
                return;
            } catch (BatchReadException e) {
                gone(e, e.gone().size(), counts);
                Set<ManifestEntry> gone = new HashSet<>(e.gone());
                there = there.stream().filter(entry -> !gone.contains(entry)).toList();
            }
        }
    }

    /** What the reader takes; it is nobody's. */
    private static StepRecord.Lease lease(List<ManifestEntry> entries) {
        return new StepRecord.Lease(
                new Lineage(0), new StepNumber(0), new LeaseId("0".repeat(16)), new WeightVersion(0), 0, entries);
    }

    private static void write(StepRecord.@Nullable Lease lease, RolloutGroup group, RowSink sink, Counts counts)
            throws IOException {
        int tokensAt = 0;
        int responseAt = 0;
        for (SampleHeader sample : group.header().samples()) {
            sink.row(new SampleRow(lease, group, sample, tokensAt, responseAt));
            tokensAt += sample.tokenCount();
            responseAt += sample.responseLength();
            counts.rows++;
        }
        counts.groups++;
    }
}
