package io.millrace.sandbox.bench;

import io.millrace.common.cli.Command;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.topics.TopicAdmin;
import java.time.Duration;
import org.apache.kafka.clients.admin.Admin;

/** {@code millrace bench-seed}: a run that has been going for long, in a minute. */
public final class SeedRunCommand extends Command<SeedRunSettings> {
    private static final Duration ADMIN_LIMIT = Duration.ofSeconds(30);

    public SeedRunCommand() {
        super(
                "bench-seed",
                "Writes the topics of a run with many trained groups behind it, for measuring how fast processes start.",
                SeedRunSettings.class);
    }

    @Override
    public int run(SeedRunSettings settings) throws Exception {
        KafkaClients clients = new KafkaClients(
                settings.kafka(), settings.topics().recordSizeMax().intBytes());
        try (Admin admin = clients.admin("bench-seed-admin")) {
            new TopicAdmin(admin, ADMIN_LIMIT).ensure(settings.topics());
        }
        try (var producer = clients.producer("bench-seed")) {
            new SeededRun(settings, producer).write();
        }
        System.out.println("run " + settings.topics().run() + ": " + settings.settledGroups()
                + " groups published and trained in "
                + settings.settledGroups() / settings.batch().batchGroups()
                + " steps");
        return 0;
    }
}
