package io.millrace.ops.backup;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.ops.backup.files.BackupFolder;
import io.millrace.ops.backup.files.BackupManifest;
import io.millrace.ops.cluster.RunClients;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** {@code millrace backup}: a run's topics and the positions of its groups, to files. */
public final class BackupCommand extends Command<BackupCommand.Settings> {
    /** Of a run that deletes what has not been copied yet. */
    private static final int TRIES = 3;

    private final PrintStream say;

    public BackupCommand() {
        this(System.err);
    }

    /** @param say what came of it, for people */
    public BackupCommand(PrintStream say) {
        super(
                "backup",
                "Copies a run's topics and positions to files, which restore makes the run of.",
                Settings.class);
        this.say = say;
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(
                    defaultValue = Setting.REQUIRED,
                    help = "Folder for the files, new or empty; one that a killed backup left is begun anew")
            Path output,

            KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        Path folder = settings.output().toAbsolutePath().normalize();
        try (RunClients run = RunClients.open(settings.kafka(), settings.run(), "millrace-backup")) {
            for (int i = 1; ; i++) {
                BackupFolder files = BackupFolder.begin(folder);
                try {
                    BackupManifest manifest = new RunCopy(run, files).copy();
                    files.end(manifest);
                    say.println(manifest.records() + " records of run " + settings.run() + " in " + folder + "; "
                            + (manifest.exact()
                                    ? "nothing was written meanwhile"
                                    : "the run went on meanwhile: this is one moment of it, and what came later is not"
                                            + " there"));
                    return 0;
                } catch (RunCopy.DeletedMeanwhileException e) {
                    files.discard();
                    if (i == TRIES) {
                        throw new SettingException(e.getMessage() + ", " + TRIES
                                + " times over: it goes on faster than it is copied. Stop it, or give its trainer"
                                + " consumer a larger --keep-steps");
                    }
                    say.println(e.getMessage() + "; begun anew");
                } catch (IOException e) {
                    files.discard();
                    throw new SettingException("--output: cannot write to " + folder + ": " + e);
                } catch (InterruptedException | RuntimeException e) {
                    files.discard();
                    throw e;
                }
            }
        }
    }
}
