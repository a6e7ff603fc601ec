package io.millrace.sandbox.broker;

import io.millrace.common.cli.Command;
import io.millrace.common.lifecycle.ProcessRunner;
import java.time.Duration;

/** {@code millrace broker}: runs a broker until told to stop. */
public final class BrokerCommand extends Command<BrokerSettings> {
    /** A controlled shutdown of one node takes one or two seconds. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    public BrokerCommand() {
        super("broker", "Runs a real Kafka broker on this machine.", BrokerSettings.class);
    }

    @Override
    public int run(BrokerSettings settings) throws Exception {
        return ProcessRunner.run("broker", STOP_LIMIT, (runner, stops) -> {
            EmbeddedBroker broker = EmbeddedBroker.start(settings);
            stops.pushCloseable("broker", broker);
        });
    }
}
