package io.millrace.common.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class LogLinesTest {
    private static final Instant NOW = Instant.parse("2026-11-30T20:15:30.123Z");

    private final LogFormat before = LogFormat.current();
    private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    private final LogLines lines = new LogLines();

    LogLinesTest() {
        lines.setContext(context);
        lines.start();
    }

    @AfterEach
    void back() {
        LogFormat.use(before);
    }

    private String line(String message, Throwable cause, Object... arguments) {
        LoggingEvent event =
                new LoggingEvent("test", context.getLogger("io.millrace.Wall"), Level.WARN, message, cause, arguments);
        event.setTimeStamp(NOW.toEpochMilli());
        return new String(lines.encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void aLineOfTextHasDateTimeAndZone() {
        LogFormat.use(LogFormat.TEXT);
        String line = line("coat {} is {}", null, 3, "dry");
        assertTrue(line.matches("\\S+ WARN  io.millrace.Wall - coat 3 is dry\n"), line);
        assertEquals(NOW, OffsetDateTime.parse(line.split(" ")[0]).toInstant());
    }

    @Test
    void aLineOfJsonIsOneObjectWithItsTrace() {
        LogFormat.use(LogFormat.JSON);
        String line = line("coat \"{}\" is\n{}\u0001\t\\ é", new IllegalStateException("fell\noff"), 3, "wet");
        assertEquals(1, line.lines().count(), line);
        JsonNode json = new ObjectMapper().readTree(line);
        assertEquals(NOW, OffsetDateTime.parse(json.get("timestamp").asString()).toInstant());
        assertEquals("WARN", json.get("level").asString());
        assertEquals("io.millrace.Wall", json.get("loggerName").asString());
        assertEquals("coat \"3\" is\nwet\u0001\t\\ é", json.get("message").asString());
        assertEquals("fell\noff", json.get("throwable").get("message").asString());
        assertFalse(json.get("throwable").get("stepArray").isEmpty());
    }

    @Test
    void noLineHasASecret() {
        Secrets.learn(
                "sasl.jaas.config=x.ScramLoginModule required username=\"anna\" password=\"say \\\"friend\\\"\";");
        Secrets.keep("mellon-2/\n\"quoted\"");
        Secrets.keep("mellon-2");
        for (LogFormat format : LogFormat.values()) {
            LogFormat.use(format);
            String line = line(
                    "refused {} {} of anna",
                    new IllegalStateException("was mellon-2/\n\"quoted\""),
                    "mellon-2/\n\"quoted\"",
                    "say \"friend\"");
            assertFalse(line.contains("mellon-2") || line.contains("quoted") || line.contains("friend"), line);
            assertTrue(line.contains("refused [hidden] [hidden] of anna"), line);
        }
    }

    @Test
    void nothingElseIsHidden() {
        Secrets.learn("security.protocol=SASL_SSL");
        Secrets.learn("ssl.truststore.location=/etc/trusted.p12");
        Secrets.learn("http://engine-host:30000/generate?token_count=many");
        Secrets.keep("abc");
        Secrets.keep("");
        String text = "SASL_SSL /etc/trusted.p12 engine-host:30000 many abc";
        assertEquals(text, Secrets.hide(text));
    }

    /** logback.xml names the encoder by its class. */
    @Test
    void theProcessLogsThroughIt() {
        ch.qos.logback.classic.Logger root =
                (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        ConsoleAppender<?> console = (ConsoleAppender<?>) root.getAppender("STDERR");
        assertTrue(console.getEncoder() instanceof LogLines && console.isStarted());
    }
}
