package io.millrace.trainer.steps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * Random results, parts, markers, garbage, rejections, leases (up to two steps ahead), void leases, acknowledgements, announcements and resumptions in random order, with
 * restarts from the very records written, torn transactions among them. The invariants of DESIGN.md that the trainer
 * consumer keeps (nothing lost, nothing trained twice, fresh, sorted and whole, repeatable) are asserted after each event.
 */
class RunPropertyTest {
    private static final int SEEDS = 40;
    private static final int EVENTS = 13_000;

    @Test
    void everyGroupIsSettledOnceInWholeSortedRepeatableBatchesWhateverHappens() {
        long events = 0;
        long restarts = 0;
        long resumes = 0;
        long torn = 0;
        long stale = 0;
        long announced = 0;
        long masked = 0;
        long late = 0;
        long zombies = 0;
        long ahead = 0;
        long versionRestarts = 0;
        long kept = 0;
        long leasedAhead = 0;
        long tooFar = 0;
        long voided = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            RandomRun run = new RandomRun(seed);
            for (int i = 0; i < EVENTS; i++) {
                run.event();
                run.check();
            }
            run.drain();
            events += EVENTS;
            restarts += run.restarts();
            resumes += run.resumes();
            torn += run.torn();
            stale += run.stale();
            announced += run.announced();
            masked += run.masked();
            late += run.late();
            zombies += run.zombies();
            ahead += run.ahead();
            versionRestarts += run.versionRestarts();
            kept += run.kept();
            leasedAhead += run.leasedAhead();
            tooFar += run.tooFar();
            voided += run.voided();
        }
        assertEquals(SEEDS * EVENTS, events);
        assertTrue(
                restarts > 1_000
                        && resumes > 300
                        && torn > 500
                        && stale > 500
                        && announced > 1_000
                        && masked > 100
                        && late > 100
                        && zombies > 500
                        && ahead > 100
                        && versionRestarts > 20
                        && kept > 20
                        && leasedAhead > 150
                        && tooFar > 1_000
                        && voided > 40,
                restarts + " restarts, " + resumes + " resumptions, " + torn + " torn transactions, " + stale
                        + " discarded as stale, " + announced + " announcements, " + masked
                        + " groups with masked tokens, " + late + " taken back, " + zombies + " late acknowledgements, "
                        + ahead + " ahead, " + versionRestarts + " counts begun anew, " + kept
                        + " waits for groups that are out, " + leasedAhead
                        + " leased ahead, " + tooFar + " asked for too early, " + voided + " leases void");
    }
}
