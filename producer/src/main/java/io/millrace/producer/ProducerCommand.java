package io.millrace.producer;

import io.millrace.common.config.Command;
import io.millrace.common.http.OpsServer;
import io.millrace.common.lifecycle.OpenFiles;
import io.millrace.common.lifecycle.ProcessRunner;

/** {@code millrace producer}: publishes prompt groups as admission allows, and keeps the run's ledger. */
public final class ProducerCommand implements Command<ProducerSettings> {
    /** Admin, publisher, heartbeat, follower, and a reader of each of the three lanes. */
    private static final int KAFKA_CLIENTS = 7;

    @Override
    public String name() {
        return "producer";
    }

    @Override
    public String description() {
        return "Publishes a run's prompts, as far ahead of training as the pipeline allows.";
    }

    @Override
    public Class<ProducerSettings> settings() {
        return ProducerSettings.class;
    }

    @Override
    public int run(ProducerSettings settings) throws Exception {
        OpenFiles.ofThisProcess().require(KAFKA_CLIENTS, OpsServer.CONNECTIONS_MAX);
        return ProcessRunner.run(
                name(),
                settings.stopTimeout(),
                (runner, stops) -> ProducerWiring.start(settings, runner.health(), runner, stops));
    }
}
