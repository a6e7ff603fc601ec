package io.millrace.sandbox.chaos.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.testing.ManualTicker;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readers of a batch against a little server, of a step that is open and of one that is not. */
@Timeout(60)
class StalledDownloadsTest {
    private static final String PATH = "/v1/steps/7/batch?lease=1-7-a";

    private final ManualTicker ticker = new ManualTicker();

    private Injection.Effect effect(TrainerStandIn server) throws IOException {
        try (StalledReaders readers = StalledReaders.begin(server.port(), PATH, ticker)) {
            Injection.Effect effect = readers.look();
            while (effect == Injection.Effect.OPEN) {
                Thread.onSpinWait();
                effect = readers.look();
            }
            return effect;
        }
    }

    @Test
    void readersOfABatchStall() throws Exception {
        try (TrainerStandIn server = new TrainerStandIn((call, body) -> {
            call.sendResponseHeaders(200, 0);
            byte[] block = new byte[1 << 20];
            for (int i = 0; i < 64; i++) {
                call.getResponseBody().write(block);
            }
            return -1;
        })) {
            assertEquals(Injection.Effect.DONE, effect(server));
        }
    }

    @Test
    void readersOfAStepThatWasAcknowledgedMeanwhileDoNothing() throws Exception {
        try (TrainerStandIn server = new TrainerStandIn((call, body) -> 409)) {
            assertEquals(Injection.Effect.NONE, effect(server));
        }
    }

    @Test
    void readersThatAreSentAwayDoNothing() throws Exception {
        try (TrainerStandIn server = new TrainerStandIn((call, body) -> 503)) {
            assertEquals(Injection.Effect.NONE, effect(server));
        }
        try (TrainerStandIn server = new TrainerStandIn((call, body) -> -1)) {
            assertEquals(Injection.Effect.NONE, effect(server));
        }
        TrainerStandIn gone = new TrainerStandIn((call, body) -> -1);
        gone.close();
        assertEquals(Injection.Effect.NONE, effect(gone));
    }

    @Test
    void readersThatNobodyAnswersDoNothing() throws Exception {
        CountDownLatch closing = new CountDownLatch(1);
        try (TrainerStandIn server = new TrainerStandIn((call, body) -> {
                    try {
                        closing.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return -1;
                });
                StalledReaders readers = StalledReaders.begin(server.port(), PATH, ticker)) {
            assertEquals(Injection.Effect.OPEN, readers.look());
            ticker.advance(Duration.ofSeconds(30));
            assertEquals(Injection.Effect.NONE, readers.look());
            closing.countDown();
        }
    }
}
