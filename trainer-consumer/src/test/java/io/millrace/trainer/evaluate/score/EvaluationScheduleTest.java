package io.millrace.trainer.evaluate.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EvaluationScheduleTest {
    private static final int BATCH_GROUPS = 32;

    private static Policy policy(long steps, Policy.State state) {
        return new Policy(new Lineage(1), new WeightVersion(7), steps * BATCH_GROUPS, state, 0);
    }

    private static Optional<String> due(EvaluationSchedule schedule, long steps) {
        return schedule.due(policy(steps, Policy.State.READY));
    }

    @Test
    void weightsAreEvaluatedOnceForEachInterval() {
        EvaluationSchedule schedule = new EvaluationSchedule(10, BATCH_GROUPS, true);
        assertEquals(Optional.of("step-1-0"), due(schedule, 0));
        assertEquals(Optional.of("step-1-0"), due(schedule, 9));
        assertEquals(Optional.of("step-1-10"), due(schedule, 10));
        assertEquals(Optional.of("step-1-30"), due(schedule, 39));
    }

    @Test
    void nothingIsDueWhileEnginesHaveNoWeights() {
        EvaluationSchedule schedule = new EvaluationSchedule(10, BATCH_GROUPS, true);
        assertEquals(Optional.empty(), schedule.due(policy(10, Policy.State.UPDATING)));
        assertEquals(Optional.empty(), schedule.due(policy(10, Policy.State.PAUSED)));
    }

    @Test
    void neitherIntervalNorStartNeedBe() {
        assertEquals(Optional.empty(), due(new EvaluationSchedule(0, BATCH_GROUPS, true), 10));
        assertEquals(Optional.empty(), due(new EvaluationSchedule(10, BATCH_GROUPS, false), 9));
        assertEquals(Optional.of("step-1-10"), due(new EvaluationSchedule(10, BATCH_GROUPS, false), 10));
    }
}
