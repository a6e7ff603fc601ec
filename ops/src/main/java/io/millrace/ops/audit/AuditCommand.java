package io.millrace.ops.audit;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.ops.cluster.RunClients;
import java.io.PrintStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code millrace audit}: what became of every group of a run; exits 1 when anything is wrong. */
public final class AuditCommand extends Command<AuditCommand.Settings> {
    private final PrintStream out;

    public AuditCommand() {
        this(System.out);
    }

    /** @param out where the answer goes */
    public AuditCommand(PrintStream out) {
        super(
                "audit",
                "Accounts for every admitted group of a run; exits 1 when one is lost, doubled or contradictory.",
                Settings.class);
        this.out = out;
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(defaultValue = "false", help = "Print one JSON object instead of lines")
            boolean json,

            @Setting(range = "0 or more", help = "Also print everything known of this group index") @Nullable
            Long group,

            @Setting(defaultValue = "30s", range = "1s to 10m", help = "A producer silent for longer counts as gone")
            Duration grace,

            KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        try (RunClients run = RunClients.open(settings.kafka(), settings.run(), "millrace-audit")) {
            AuditReport report =
                    new RunAudit(run.topics(), new KafkaRunLog(run), settings.grace(), settings.group()).run();
            if (settings.json()) {
                out.println(Json.MAPPER.writeValueAsString(report));
            } else {
                report.lines(settings.group()).forEach(out::println);
            }
            return report.clean() ? 0 : 1;
        }
    }
}
