package io.millrace.producer;

import io.millrace.common.access.Refusals;
import io.millrace.common.access.Role;
import io.millrace.common.cli.Command;
import io.millrace.common.http.OpsServer;
import io.millrace.common.lifecycle.OpenFiles;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.topics.RunTopics;

/** {@code millrace producer}: publishes prompt groups as admission allows, and keeps the run's ledger. */
public final class ProducerCommand extends Command<ProducerSettings> {
    /** Admin, publisher, heartbeat, follower, and a reader of each of the three lanes. */
    private static final int KAFKA_CLIENTS = 7;

    public ProducerCommand() {
        super(
                "producer",
                "Publishes a run's prompts, as far ahead of training as the pipeline allows.",
                ProducerSettings.class);
    }

    @Override
    public int run(ProducerSettings settings) throws Exception {
        OpenFiles.ofThisProcess().require(KAFKA_CLIENTS, OpsServer.CONNECTIONS_MAX);
        return ProcessRunner.run(
                name(),
                settings.stopTimeout(),
                new Refusals(Role.PRODUCER, new RunTopics(settings.topics().run()), settings.kafka()),
                (runner, stops) -> ProducerWiring.start(settings, runner.health(), runner, stops));
    }
}
