package io.millrace.producer.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord.Totals;
import io.millrace.producer.source.PromptOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static final PromptOrder ENDLESS = new PromptOrder(1, 10, true, 0);

    private static Policy policy(long version, long trained) {
        return new Policy(new Lineage(0), new WeightVersion(version), trained, Policy.State.READY, 0);
    }

    private static Totals totals(long trained, long discarded, long abandoned) {
        return new Totals(trained, discarded, abandoned, 0);
    }

    @Test
    void aFreshRunIsAdmittedUpToItsRunAhead() {
        Admission admission = new Admission(new Capacity(32, 1, 1), ENDLESS, 0);
        assertEquals(new Admission.Decision.Publish(64), admission.decide(Policy.initial(), Totals.NONE, 0));
        assertEquals(new Admission.Decision.Publish(1), admission.decide(Policy.initial(), Totals.NONE, 63));
        Admission.Decision.Wait wait =
                assertInstanceOf(Admission.Decision.Wait.class, admission.decide(Policy.initial(), Totals.NONE, 64));
        assertTrue(wait.whatFor().startsWith("capacity: 64 groups published, 64 admitted"), wait.whatFor());
    }

    @Test
    void trainingAloneAdmitsNothingANewVersionDoes() {
        Admission admission = new Admission(new Capacity(32, 1, 1), ENDLESS, 0);
        assertInstanceOf(Admission.Decision.Wait.class, admission.decide(policy(0, 0), totals(32, 0, 0), 64));
        assertEquals(new Admission.Decision.Publish(32), admission.decide(policy(1, 32), totals(32, 0, 0), 64));
    }

    @Test
    void whatIsDiscardedOrAbandonedIsFilledUpExactly() {
        Admission admission = new Admission(new Capacity(4, 0, 2), ENDLESS, 0);
        assertEquals(new Admission.Decision.Publish(5), admission.decide(policy(0, 0), totals(0, 2, 3), 8));
        assertInstanceOf(Admission.Decision.Wait.class, admission.decide(policy(0, 0), totals(0, 2, 3), 13));
    }

    @Test
    void groupsMaxEndsTheRun() {
        Admission admission = new Admission(new Capacity(4, 9, 1), ENDLESS, 10);
        assertEquals(new Admission.Decision.Publish(10), admission.decide(Policy.initial(), Totals.NONE, 0));
        assertInstanceOf(Admission.Decision.Exhausted.class, admission.decide(Policy.initial(), Totals.NONE, 10));
        assertInstanceOf(Admission.Decision.Exhausted.class, admission.decide(Policy.initial(), Totals.NONE, 12));
    }

    @Test
    void theLastEpochEndsTheRunAndNoGroupIsAdmittedPastIt() {
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            int size = 1 + random.nextInt(20);
            int epochs = 1 + random.nextInt(5);
            long end = (long) size * epochs;
            long published = random.nextLong(end);
            long groupsMax = random.nextBoolean() ? 0 : 1 + random.nextLong(2 * end);
            Capacity capacity = new Capacity(1 + random.nextInt(50), random.nextInt(3), 1);
            Admission admission = new Admission(capacity, new PromptOrder(1, size, true, epochs), groupsMax);
            long limit = Math.min(admission.limit(Policy.initial(), Totals.NONE), end);
            limit = groupsMax == 0 ? limit : Math.min(limit, groupsMax);
            Admission.Decision decision = admission.decide(Policy.initial(), Totals.NONE, published);
            if (published < limit) {
                assertEquals(new Admission.Decision.Publish(limit - published), decision);
            } else {
                assertTrue(!(decision instanceof Admission.Decision.Publish), decision.toString());
            }
            assertInstanceOf(Admission.Decision.Exhausted.class, admission.decide(Policy.initial(), Totals.NONE, end));
        }
    }
}
