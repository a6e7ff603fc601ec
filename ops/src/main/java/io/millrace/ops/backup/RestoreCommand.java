package io.millrace.ops.backup;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.ops.backup.files.BackupFolder;
import io.millrace.ops.backup.files.BackupManifest;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;

/** {@code millrace restore}: makes a run of the files that backup wrote. */
public final class RestoreCommand extends Command<RestoreCommand.Settings> {
    private static final String RECORD_MAX = "max.message.bytes";

    private final PrintStream say;

    public RestoreCommand() {
        this(System.err);
    }

    /** @param say what came of it, for people */
    public RestoreCommand(PrintStream say) {
        super("restore", "Makes a run of the files that backup wrote, each record at its offset.", Settings.class);
        this.say = say;
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Folder that backup wrote")
            Path input,

            @Setting(help = "Id of the restored run, which must not be there; the one it had when unset") @Nullable
            RunId run,

            @Setting(range = "1 to 9 replicas", help = "Copies of each topic; as many as it had when unset") @Nullable
            Integer replicationFactor,

            KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        Path folder = settings.input().toAbsolutePath().normalize();
        BackupManifest manifest = BackupFolder.verified(folder);
        RunId asked = settings.run();
        RunId run = asked == null ? new RunId(manifest.run()) : asked;
        Integer copies = settings.replicationFactor();
        KafkaClients clients = new KafkaClients(settings.kafka(), recordBytesMax(manifest));
        try (Admin admin = clients.admin("millrace-restore")) {
            RunRestore restore = new RunRestore(
                    clients,
                    admin,
                    run,
                    copies == null ? OptionalInt.empty() : OptionalInt.of(copies),
                    folder,
                    manifest);
            restore.requireNew();
            restore.restore();
        }
        say.println(manifest.records() + " records of run " + manifest.run() + ", backed up at " + manifest.madeAt()
                + ", are run " + run + " now; all were read back and are as they were. Start its processes with the"
                + " settings they had");
        return 0;
    }

    private static int recordBytesMax(BackupManifest manifest) {
        try {
            return manifest.topics().stream()
                    .mapToInt(topic -> Integer.parseInt(topic.configs().getOrDefault(RECORD_MAX, "1048588")))
                    .max()
                    .orElseThrow(() -> new SettingException("--input: the backup holds no topic"));
        } catch (NumberFormatException e) {
            throw new SettingException("--input: a topic's " + RECORD_MAX + " is no number: " + e.getMessage());
        }
    }
}
