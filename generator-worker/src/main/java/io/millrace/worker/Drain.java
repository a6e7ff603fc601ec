package io.millrace.worker;

import io.millrace.common.lifecycle.Health;
import io.millrace.worker.generate.AttemptRunner;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.inflight.InFlightTable;
import io.millrace.worker.publish.StatusWatch;
import io.millrace.worker.slots.Slots;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a worker that stops does with the groups it holds. Used once, by the thread that stops. */
record Drain(
        StopSettings settings,
        Slots<HeldAttempt> slots,
        InFlightTable table,
        AttemptRunner runner,
        StatusWatch statusWatch,
        Health health) {
    private static final Logger log = LoggerFactory.getLogger(Drain.class);

    /** After the hand-back's own time: a receipt for each group whose engine has not answered. */
    private static final Duration RECEIPTS_LIMIT = Duration.ofSeconds(5);

    /** How often a wait for groups looks whether there is still a broker. */
    private static final Duration BROKER_CHECK = Duration.ofMillis(500);

    /**
     * Lets claimed groups finish, as long as the settings say, and gives back what is not finished by then. After a
     * failure nothing can finish, so it does not wait; nor without a broker, which would have to take what finishes, be it
     * away before or from some time of the wait on. The ledger issues again what is held then, as after a loss.
     */
    void drain(Duration limit) throws InterruptedException {
        slots.stopClaiming();
        if (!health.live()) {
            return;
        }
        Duration patience = limit.compareTo(settings.patience()) < 0 ? limit : settings.patience();
        if (awaitIdle(patience)) {
            return;
        }
        if (!statusWatch.isWithoutBroker()) {
            boolean givenBack = runner.handBack(
                    "the worker stops",
                    settings.keepPartials(),
                    settings.handBackTimeout(),
                    () -> !statusWatch.isWithoutBroker());
            if (givenBack || awaitIdle(RECEIPTS_LIMIT)) {
                return;
            }
        }
        if (statusWatch.isWithoutBroker()) {
            if (table.size() > 0) {
                throw left("neither finished nor given back, since the broker does not answer");
            }
            return;
        }
        throw left("neither finished within " + patience.toMillis() + " ms (--drain-timeout) nor given back within "
                + settings.handBackTimeout().plus(RECEIPTS_LIMIT).toSeconds() + " s more");
    }

    /** What is said at once: without a broker the stages that follow may not end in time to say it. */
    private IllegalStateException left(String why) {
        log.error("left to the ledger, {}: {}", why, table.held());
        return new IllegalStateException("these groups were " + why + ": " + table.held());
    }

    /** Whether nothing is held any more before the limit ends or the broker counts as away. */
    private boolean awaitIdle(Duration limit) throws InterruptedException {
        long leftNanos = limit.toNanos();
        while (!statusWatch.isWithoutBroker()) {
            long waitNanos = Math.min(leftNanos, BROKER_CHECK.toNanos());
            if (slots.awaitIdle(Duration.ofNanos(waitNanos))) {
                return true;
            }
            leftNanos -= waitNanos;
            if (leftNanos <= 0) {
                return false;
            }
        }
        return false;
    }
}
