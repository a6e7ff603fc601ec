package io.millrace.common.lifecycle;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.common.config.SettingException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class OpenFilesTest {
    /** 8 clients of 8 files, 30 who call, 64 in reserve, 50 open: 208 beside the connections. */
    private static final int CLIENTS = 8;

    private static final int CALLERS = 30;

    @Test
    void aLimitThatHoldsEveryConnectionIsEnoughAndOneLessIsNot() {
        assertDoesNotThrow(() -> new OpenFiles(464, 50).require(CLIENTS, CALLERS, "--slots", 256));
        String message = assertThrows(
                        SettingException.class, () -> new OpenFiles(463, 50).require(CLIENTS, CALLERS, "--slots", 256))
                .getMessage();
        assertEquals(
                "--slots 256: this process may have 463 open files (ulimit -n) and needs 464: 256 connections"
                        + " (--slots), 64 for 8 Kafka clients, 30 for who calls its port, 50 open already, 64 in"
                        + " reserve; raise it (ulimit -n 464), or set --slots to at most 255",
                message);
    }

    @Test
    void whereNoSettingHelpsOnlyTheLimitIsNamed() {
        String message = assertThrows(
                        SettingException.class, () -> new OpenFiles(208, 50).require(CLIENTS, CALLERS, "--slots", 1))
                .getMessage();
        assertTrue(message.endsWith("raise it (ulimit -n 209)"), message);
        assertDoesNotThrow(() -> new OpenFiles(208, 50).require(CLIENTS, CALLERS));
        String without = assertThrows(SettingException.class, () -> new OpenFiles(207, 50).require(CLIENTS, CALLERS))
                .getMessage();
        assertTrue(without.startsWith("this process may have 207 open files"), without);
        assertTrue(without.endsWith("raise it (ulimit -n 208)"), without);
    }

    @Test
    void theStartSaysHowManyAreNeeded() {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(OpenFiles.class);
        lines.start();
        logger.addAppender(lines);
        try {
            new OpenFiles(1024, 50).require(CLIENTS, CALLERS, "--slots", 256);
            new OpenFiles(1024, 50).require(CLIENTS, CALLERS);
        } finally {
            logger.detachAppender(lines);
        }
        assertEquals(
                List.of(
                        "needs up to 464 open files of 1024 (ulimit -n): 256 connections (--slots), 64 for 8 Kafka"
                                + " clients, 30 for who calls its port, 50 open already, 64 in reserve",
                        "needs up to 208 open files of 1024 (ulimit -n): 64 for 8 Kafka clients, 30 for who calls its"
                                + " port, 50 open already, 64 in reserve"),
                lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    }

    @Test
    void theSystemsOwnFiguresAreRead() {
        OpenFiles now = OpenFiles.ofThisProcess();
        assertTrue(now.limit() > now.open(), now::toString);
    }
}
