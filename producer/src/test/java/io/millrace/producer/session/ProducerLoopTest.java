package io.millrace.producer.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.config.SettingException;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.status.ProducerStatus;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;

class ProducerLoopTest {
    private final ManualTicker ticker = new ManualTicker();
    private final ManualClock clock = new ManualClock();
    private final Health health = new Health(clock, ticker);

    private ProducerLoop loop(Supplier<ProducerSession> sessions) {
        AtomicReference<ProducerStatus> status = new AtomicReference<>();
        return new ProducerLoop(
                sessions, health, new ProducerMetrics(new SimpleMeterRegistry(), status::get), status, clock, ticker);
    }

    private static Supplier<ProducerSession> failing(RuntimeException failure) {
        return () -> {
            throw failure;
        };
    }

    @Test
    void aClientThatCannotBeMadeForNowIsWaitedFor() {
        ProducerLoop loop =
                loop(failing(new SettingException("cannot make a consumer", new KafkaException("too many files"))));
        loop.wakeup();
        assertThrows(InterruptedException.class, loop::runOnce, "a wait, which the stop ends");
        assertFalse(loop.taken().isDone());
        Health.Part part = health.parts().get(ProducerSession.BROKER);
        assertNotNull(part);
        assertEquals(Health.State.BLOCKED, part.state());
        assertTrue(part.detail().contains("cannot make a consumer"), part.detail());
    }

    @Test
    void aSettingThatNoWaitMendsEndsTheProcess() {
        SettingException other = new SettingException("the run was begun with other prompts");
        ProducerLoop loop = loop(failing(other));
        assertEquals(other, assertThrows(SettingException.class, loop::runOnce));
        assertTrue(loop.taken().isCompletedExceptionally());
    }
}
