package io.millrace.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.common.cli.CommandLines;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

class TrainerCommandTest {
    /** The end comes before any broker is asked. */
    @Test
    void aTakenPortIsRefusedByTheTrainersFlagsAndMemoryBeyondTheHeapIsSaidBefore() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(TrainerCommand.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        StringWriter err = new StringWriter();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CommandLine line = CommandLines.single(new TrainerCommand(), Map.of());
            line.setErr(new PrintWriter(err, true));
            int exitCode = line.execute(
                    "--run",
                    "r",
                    "--bootstrap",
                    "127.0.0.1:1",
                    "--payload-memory-max",
                    "64GiB",
                    "--trainer-host",
                    "127.0.0.1",
                    "--trainer-port",
                    Integer.toString(taken.getLocalPort()));
            assertEquals(2, exitCode, err::toString);
        } finally {
            logger.detachAppender(lines);
        }
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(
                err.toString().contains("--trainer-host and --trainer-port: cannot listen on 127.0.0.1:"),
                err::toString);
        assertTrue(
                lines.list.stream()
                        .anyMatch(one -> one.getFormattedMessage().startsWith("--payload-memory-max 64GiB, ")),
                lines.list::toString);
    }
}
