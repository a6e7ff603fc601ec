package io.millrace.ops.trace;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.ops.cluster.RunClients;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** {@code millrace trace}: one group's life, from its admission to its end. */
public final class TraceCommand extends Command<TraceCommand.Settings> {
    private final PrintStream out;

    public TraceCommand() {
        this(System.out);
    }

    /** @param out where the timeline goes when no file is named */
    public TraceCommand(PrintStream out) {
        super("trace", "Tells one group's life from the topics: who had it when, sample by sample.", Settings.class);
        this.out = out;
    }

    /** How it is told. */
    public enum Format {
        /** Lines for people. */
        TEXT,
        /** Chrome's trace event format, JSON, for ui.perfetto.dev. */
        PERFETTO
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(defaultValue = Setting.REQUIRED, range = "0 or more", help = "Index of the training group")
            long group,

            @Setting(
                    defaultValue = "text",
                    help = "Lines for people, or Chrome's trace event format for ui.perfetto.dev")
            Format format,

            @Setting(help = "File to write to; standard output when unset") @Nullable
            Path output,

            KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        GroupIndex group = new GroupIndex(settings.group());
        GroupLife life;
        try (RunClients run = RunClients.open(settings.kafka(), settings.run(), "millrace-trace")) {
            life = new GroupLifeReader(run, group).read();
        }
        if (life.beginMs().isEmpty()) {
            throw new SettingException("--group: nothing is known of group " + group + " in run " + settings.run()
                    + ": it is not admitted yet, or what told of it was trimmed");
        }
        String text = switch (settings.format()) {
            case TEXT -> String.join("\n", Timeline.lines(settings.run(), group, life));
            case PERFETTO -> Json.MAPPER.writeValueAsString(PerfettoTrace.json(settings.run(), group, life));
        };
        Path file = settings.output();
        if (file == null) {
            out.println(text);
        } else {
            Files.writeString(file, text + "\n");
        }
        return 0;
    }
}
