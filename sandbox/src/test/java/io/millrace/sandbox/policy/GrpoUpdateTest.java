package io.millrace.sandbox.policy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GrpoUpdateTest {
    private static AnswerPolicy random(Random random, double scale) {
        float[] weights = new float[AnswerPolicy.FORMS * Answers.COUNT];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (scale * random.nextGaussian());
        }
        return new AnswerPolicy(weights);
    }

    /** Drawn from the behaviour policy, as the engine does. */
    private static List<List<GrpoUpdate.Sample>> groups(Random random, AnswerPolicy behaviour) {
        List<List<GrpoUpdate.Sample>> groups = new ArrayList<>();
        for (int g = 0; g < 6; g++) {
            int form = random.nextInt(3);
            double[] logProbs = behaviour.logProbs(form, 1);
            List<GrpoUpdate.Sample> group = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                int kind = random.nextInt(Answers.COUNT);
                group.add(new GrpoUpdate.Sample(form, kind, logProbs[kind], random.nextInt(2)));
            }
            groups.add(group);
        }
        return groups;
    }

    @Test
    void theGradientIsThatOfTheObjective() {
        GrpoUpdate update = new GrpoUpdate(1, 0.2, 1);
        double step = 1e-2;
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            AnswerPolicy behaviour = random(random, 1);
            List<List<GrpoUpdate.Sample>> groups = groups(random, behaviour);
            // Near enough to the behaviour policy that no ratio crosses the clip within the numeric step.
            double[] gradient = update.gradient(behaviour, groups);
            for (int i = 0; i < 3 * Answers.COUNT; i++) {
                float[] up = behaviour.weights();
                float[] down = behaviour.weights();
                up[i] += (float) step;
                down[i] -= (float) step;
                double numeric = (update.objective(new AnswerPolicy(up), groups)
                                - update.objective(new AnswerPolicy(down), groups))
                        / (up[i] - down[i]);
                assertEquals(numeric, gradient[i], 1e-4, "seed " + seed + " weight " + i);
            }
        }
    }

    @Test
    void aSampleBeyondTheClipPushesNoMore() {
        GrpoUpdate update = new GrpoUpdate(1, 0.2, 1);
        AnswerPolicy policy = AnswerPolicy.untrained();
        double now = policy.logProbs(0, 1)[3];
        GrpoUpdate.Sample far = new GrpoUpdate.Sample(0, 3, now - 1, 1);
        GrpoUpdate.Sample other = new GrpoUpdate.Sample(0, 2, now, 0);
        double[] gradient = update.gradient(policy, List.of(List.of(far, other)));
        double[] alone = update.gradient(policy, List.of(List.of(new GrpoUpdate.Sample(0, 3, now, 1), other)));
        assertTrue(gradient[3] < alone[3], "the good one is clipped, only the bad one's push is left");
        assertArrayEquals(new double[] {1, -1}, GrpoUpdate.advantages(List.of(far, other)), 1e-5);
    }

    @Test
    void aGroupWithoutDeviationSaysNothing() {
        GrpoUpdate update = new GrpoUpdate(1, 0.2, 1);
        GrpoUpdate.Sample right = new GrpoUpdate.Sample(0, 3, -2, 1);
        AnswerPolicy policy = AnswerPolicy.untrained();
        assertArrayEquals(
                policy.weights(),
                update.apply(policy, List.of(List.of(right, right, right))).weights());
    }
}
