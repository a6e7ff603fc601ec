package io.millrace.sandbox.chaos.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sandbox.broker.LogTails;
import io.millrace.sandbox.chaos.spec.Fault;
import io.millrace.sandbox.chaos.spec.FaultKind;
import io.millrace.sandbox.chaos.spec.Role;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InjectionsTest {
    private static final Fault FAULT =
            new Fault(3, FaultKind.LOG_TAIL, Role.BROKER, 0, Duration.ZERO, 7, Duration.ZERO, false);

    private final Injections injections = new Injections();

    @TempDir
    Path disk;

    private void done(Injection.Effect effect) {
        Injection injection = new Injection(FAULT, 1, 1, 0);
        injection.effect = effect;
        injection.why = "nothing to lose";
        injections.add(injection);
    }

    @Test
    void aFaultWithoutEffectDoesNotCountAndIsDoneAgain() {
        assertTrue(injections.again(FAULT));
        done(Injection.Effect.NONE);
        assertEquals(List.of(), injections.done());
        assertEquals(List.of("fault 3, log-tail of broker 1: nothing to lose"), injections.withoutEffect());
        assertTrue(injections.again(FAULT));
        done(Injection.Effect.DONE);
        assertEquals(1, injections.done().size());
        assertFalse(injections.again(FAULT));
        assertTrue(injections.hasCounted(FAULT));
        assertEquals(2, injections.all().size());
    }

    @Test
    void aFaultThatNeverHasAnEffectIsGivenUpAndNotCounted() {
        for (int i = 0; i < Injections.TRIES_MAX; i++) {
            assertTrue(injections.again(FAULT));
            done(Injection.Effect.NONE);
        }
        assertFalse(injections.again(FAULT));
        assertFalse(injections.hasCounted(FAULT));
    }

    private void log(String partition, int batches) throws Exception {
        Path folder = Files.createDirectories(disk.resolve(partition));
        ByteBuffer log = ByteBuffer.allocate(batches * 20);
        for (int i = 0; i < batches; i++) {
            log.putLong(i).putInt(8).putLong(0);
        }
        Files.write(folder.resolve("00000000000000000000.log"), log.array());
    }

    private List<String> cut(long seed) throws Exception {
        return LostTails.cut(new LogTails(disk), "chaos", new Random(seed));
    }

    /** What tells whether there was a fault at all. */
    @Test
    void onlyWhatWasThereIsCut() throws Exception {
        for (String topic : List.of("results", "eval-results", "receipts", "eval-receipts", "partials", "workers")) {
            log("chaos." + topic + "-0", 0);
        }
        log("chaos.steps-0", 9);
        for (int seed = 0; seed < 20; seed++) {
            assertEquals(List.of(), cut(seed));
        }
        log("chaos.results-0", 9);
        log("chaos.workers-0", 9);
        assertFalse(cut(1).isEmpty() && cut(2).isEmpty() && cut(3).isEmpty() && cut(4).isEmpty());
        assertEquals(9 * 20, Files.size(disk.resolve("chaos.steps-0/00000000000000000000.log")));
    }
}
