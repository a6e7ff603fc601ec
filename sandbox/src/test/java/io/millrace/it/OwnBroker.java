package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.sandbox.broker.LogTails;
import java.nio.file.Path;
import java.util.List;

/** A broker of the test's own, which can stop and come back on its port, with all of its logs or without their ends. */
final class OwnBroker implements AutoCloseable {
    private final BrokerSettings settings;
    private EmbeddedBroker broker;

    /** @param folder a folder {@code kafka} in it holds its logs */
    OwnBroker(Path folder) throws Exception {
        settings = new BrokerSettings(
                "127.0.0.1", MillraceProcess.freePorts(1), List.of(), 1, List.of(), folder.resolve("kafka"), true);
        broker = EmbeddedBroker.start(settings);
    }

    String bootstrap() {
        return broker.bootstrap();
    }

    /** What is taken from its logs; the number of bytes. */
    @FunctionalInterface
    interface Cut {
        long of(LogTails tails) throws Exception;
    }

    /** Stops the broker in order, takes something from its logs, and starts it again. */
    void loses(Cut cut) throws Exception {
        close();
        assertTrue(cut.of(new LogTails(settings.dataDir())) > 0);
        start();
    }

    /** Starts it again after {@link #close}. */
    void start() {
        broker = EmbeddedBroker.start(settings);
    }

    @Override
    public void close() {
        broker.close();
    }
}
