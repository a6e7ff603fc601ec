package io.millrace.trainer.loop;

import io.millrace.common.lifecycle.Health;
import io.millrace.common.session.FencedException;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A trainer consumer that was fenced and ended would be started again by whatever restarts processes, and fence the one
 * that fenced it. It does not take the run back by itself, as a producer does: it writes nothing while nobody asks, so its
 * silence tells nothing, and a trainer has the address of one trainer consumer, not of two.
 */

/** A trainer consumer beside the one that has the run. Begun and waited by the loop; asked by any thread. */
final class Standby {
    private static final Logger log = LoggerFactory.getLogger(Standby.class);

    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration SAY_EVERY = Duration.ofMinutes(1);

    private final boolean stays;
    private final EverySoOften lines;
    private volatile @Nullable FencedException fenced;

    /** @param stays whether there is such a thing; else who is fenced ends */
    Standby(boolean stays, Ticker ticker) {
        this.stays = stays;
        this.lines = new EverySoOften(SAY_EVERY, ticker);
    }

    /** @return whether it stays */
    boolean begins(FencedException newer) {
        if (stays) {
            fenced = newer;
        }
        return stays;
    }

    /** Who has the run; null while this one has it. */
    @Nullable
    FencedException fenced() {
        return fenced;
    }

    /** For people; callers wait for it in vain. */
    String awaited() {
        FencedException newer = fenced;
        return "trainer consumer " + (newer == null ? "" : newer.newer() + ", ")
                + "which has the run; this one stands by";
    }

    /** For a moment. */
    void wait(Health health) throws InterruptedException {
        health.waiting(TrainerLoop.NAME, awaited());
        if (lines.isDue()) {
            log.warn("waits for {}: start it again to take the run", awaited());
        }
        TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
}
