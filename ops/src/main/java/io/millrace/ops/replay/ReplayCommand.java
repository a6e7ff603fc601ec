package io.millrace.ops.replay;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.StepRecord;
import io.millrace.common.time.Ticker;
import io.millrace.common.wire.BatchBlob;
import io.millrace.ops.cluster.RunClients;
import io.millrace.trainer.batch.BatchJson;
import io.millrace.trainer.batch.BatchReader;
import io.millrace.trainer.batch.BatchSource;
import io.millrace.trainer.batch.LeasedBatch;
import io.millrace.trainer.steps.StepHistory;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** {@code millrace replay}: the batch of a kept step, byte for byte as the trainer got it. */
public final class ReplayCommand extends Command<ReplayCommand.Settings> {
    /** A kept step changes no more, so a record that is not there now is gone. */
    private static final Duration GONE_AFTER = Duration.ofSeconds(2);

    private final OutputStream out;

    public ReplayCommand() {
        this(System.out);
    }

    /** @param out where the batch goes when no file is named; not closed */
    public ReplayCommand(OutputStream out) {
        super("replay", "Writes the exact batch of a kept step again, read from the topics.", Settings.class);
        this.out = out;
    }

    /** Which form the batch is written in. */
    public enum Format {
        JSON,
        SAFETENSORS
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(defaultValue = Setting.REQUIRED, range = "0 or more", help = "Step whose batch is wanted")
            long step,

            @Setting(range = "0 or more", help = "Lineage whose step is wanted; the newest when unset") @Nullable
            Long lineage,

            @Setting(defaultValue = "json", help = "Form of the batch, as the trainer's API gives it")
            Format format,

            @Setting(help = "File for the batch; standard output when unset") @Nullable
            Path output,

            KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        try (RunClients run = RunClients.open(settings.kafka(), settings.run(), "millrace-replay")) {
            StepRecord.Lease lease = lease(run, settings);
            BatchReader reader = new BatchReader(
                    run.topics().results(GroupKind.TRAINING),
                    run.follower(),
                    Ticker.system(),
                    RunClients.LIMIT,
                    GONE_AFTER);
            try {
                LeasedBatch batch = LeasedBatch.of(lease, reader.read(new BatchSource(lease, Map.of())));
                write(settings, batch);
            } finally {
                reader.stop(RunClients.LIMIT);
            }
        }
        return 0;
    }

    private static StepRecord.Lease lease(RunClients run, Settings settings) throws Exception {
        Long asked = settings.lineage();
        StepHistory history = new StepHistory(new Lineage(asked == null ? Long.MAX_VALUE : asked));
        StepNumber[] last = {new StepNumber(0)};
        run.reader().read(new TopicPartition(run.topics().steps(), 0), 0, record -> {
            Optional<StepRecord> step = ControlCodec.ifOurs(record.value(), StepRecord.class);
            step.ifPresent(history::add);
            if (step.orElse(null) instanceof StepRecord.Lease lease
                    && lease.step().compareTo(last[0]) > 0) {
                last[0] = lease.step();
            }
        });
        Map<Integer, Long> begins = new HashMap<>();
        for (TopicPartition partition : run.reader().partitions(run.topics().results(GroupKind.TRAINING))) {
            begins.put(partition.partition(), run.reader().begin(partition));
        }
        StepNumber wanted = new StepNumber(settings.step());
        return history.step(wanted)
                .map(StepHistory.Kept::lease)
                .filter(lease -> kept(lease, begins))
                .orElseThrow(() -> new SettingException("--step: step " + wanted + " of run " + settings.run()
                        + (asked == null ? "" : " in lineage " + asked) + " is not kept; "
                        + range(history, last[0], begins)));
    }

    private static boolean kept(StepRecord.Lease lease, Map<Integer, Long> begins) {
        return lease.groups().stream().allMatch(entry -> {
            long begin = begins.getOrDefault(entry.partition(), Long.MAX_VALUE);
            return entry.offsets().stream().allMatch(offset -> offset >= begin);
        });
    }

    private static String range(StepHistory history, StepNumber last, Map<Integer, Long> begins) {
        Optional<StepRecord.Lease> first = history.steps(new StepNumber(0), last.next()).stream()
                .map(StepHistory.Kept::lease)
                .filter(lease -> kept(lease, begins))
                .findFirst();
        return first.map(lease -> "kept are steps " + lease.step() + " to " + last
                        + " (--keep-steps of the trainer consumer says how many)")
                .orElse("no step is kept");
    }

    private void write(Settings settings, LeasedBatch batch) throws IOException {
        Path file = settings.output();
        if (file == null) {
            write(settings, batch, out);
            return;
        }
        try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(file))) {
            write(settings, batch, stream);
        } catch (IOException e) {
            throw new SettingException("--output: cannot write " + file + ": " + e);
        }
    }

    private static void write(Settings settings, LeasedBatch batch, OutputStream stream) throws IOException {
        switch (settings.format()) {
            case JSON -> BatchJson.write(batch, stream);
            case SAFETENSORS ->
                BatchBlob.of(batch.header(settings.run()), batch.groups()).writeTo(stream);
        }
        stream.flush();
    }
}
