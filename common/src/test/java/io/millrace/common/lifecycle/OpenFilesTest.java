package io.millrace.common.lifecycle;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import org.junit.jupiter.api.Test;

class OpenFilesTest {
    /** 8 clients of 8 files, 64 in reserve, 50 open: 178 beside the connections. */
    private static final int CLIENTS = 8;

    @Test
    void aLimitThatHoldsEveryConnectionIsEnoughAndOneLessIsNot() {
        assertDoesNotThrow(() -> new OpenFiles(434, 50).require(CLIENTS, "--slots", 256));
        String message = assertThrows(
                        SettingException.class, () -> new OpenFiles(433, 50).require(CLIENTS, "--slots", 256))
                .getMessage();
        assertEquals(
                "--slots 256: this process may have 433 open files (ulimit -n) and needs 434: 256 connections"
                        + " (--slots), 64 for 8 Kafka clients, 50 open already, 64 in reserve; raise it (ulimit -n 434),"
                        + " or set --slots to at most 255",
                message);
    }

    @Test
    void whereNoSettingHelpsOnlyTheLimitIsNamed() {
        String message = assertThrows(
                        SettingException.class, () -> new OpenFiles(178, 50).require(CLIENTS, "--slots", 1))
                .getMessage();
        assertTrue(message.endsWith("raise it (ulimit -n 179)"), message);
        assertDoesNotThrow(() -> new OpenFiles(178, 50).require(CLIENTS));
        assertThrows(SettingException.class, () -> new OpenFiles(177, 50).require(CLIENTS));
    }

    @Test
    void theSystemsOwnFiguresAreRead() {
        OpenFiles now = OpenFiles.ofThisProcess();
        assertTrue(now.limit() > now.open(), now::toString);
    }
}
