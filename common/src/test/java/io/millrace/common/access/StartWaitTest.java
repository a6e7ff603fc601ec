package io.millrace.common.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.units.ByteSize;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class StartWaitTest {
    /** Nobody listens there. */
    private static final String NOWHERE = "127.0.0.1:1";

    private final ManualTicker ticker = new ManualTicker();
    private final Health health = new Health(new ManualClock(), ticker);
    /** Lines of the log, and how the wait ended. */
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            said.add(event.getFormattedMessage());
        }
    };
    private final Logger logger = (Logger) LoggerFactory.getLogger(StartWait.class);

    @BeforeEach
    void listen() {
        appender.start();
        logger.addAppender(appender);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(appender);
    }

    private String next() throws InterruptedException {
        return String.valueOf(said.poll(60, TimeUnit.SECONDS));
    }

    private Thread start(Admin admin, String bootstrap) {
        StartWait wait = new StartWait(admin, bootstrap, health, "producer", ticker);
        TopicSettings settings = new TopicSettings(new RunId("r"), 1, 1, new ByteSize(1 << 20));
        return Thread.ofVirtual().start(() -> {
            try {
                wait.make(settings, Duration.ofSeconds(1));
                said.add("ended");
            } catch (InterruptedException e) {
                said.add("interrupted");
            } catch (RuntimeException e) {
                said.add("ended: " + e);
            }
        });
    }

    private static Admin admin(String bootstrap) {
        return KafkaClients.patient(new KafkaSettings(bootstrap, Map.of()), 1 << 20)
                .admin("test");
    }

    /** Releases one with each question that it asks the broker. */
    private static Admin counted(Admin admin, Semaphore questions) {
        return (Admin) Proxy.newProxyInstance(
                StartWaitTest.class.getClassLoader(), new Class<?>[] {Admin.class}, (proxy, method, arguments) -> {
                    questions.release();
                    return method.invoke(admin, arguments);
                });
    }

    private void assertSaid(String bootstrap, String line) {
        assertTrue(line.startsWith("waits for a broker at " + bootstrap + ": "), line);
    }

    /** Nobody listens at the first; the second is a name that can never be resolved. */
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:1", "no-such-host.invalid:9092"})
    void aBrokerThatIsAwayIsWaitedForAndAnInterruptEndsTheWait(String bootstrap) throws Exception {
        try (Admin admin = admin(bootstrap)) {
            Thread waiting = start(admin, bootstrap);
            assertSaid(bootstrap, next());
            Health.Part part = health.parts().get("producer");
            assertNotNull(part);
            assertEquals(Health.State.STARTING, part.state());
            assertEquals("a broker at " + bootstrap, part.detail());
            waiting.interrupt();
            assertEquals("interrupted", next());
        }
    }

    @Test
    void theWaitIsSaidOnceAPeriodHoweverOftenTheBrokerIsAsked() throws Exception {
        Semaphore questions = new Semaphore(0);
        try (Admin admin = admin(NOWHERE)) {
            Thread waiting = start(counted(admin, questions), NOWHERE);
            assertSaid(NOWHERE, next());
            // Of the third question the second is answered.
            assertTrue(questions.tryAcquire(3, 60, TimeUnit.SECONDS));
            assertEquals(0, said.size(), said::toString);
            ticker.advance(StartWait.SAY_EVERY);
            assertSaid(NOWHERE, next());
            waiting.interrupt();
            assertEquals("interrupted", next());
        }
    }
}
