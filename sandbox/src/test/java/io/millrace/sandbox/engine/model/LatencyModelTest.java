package io.millrace.sandbox.engine.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LatencyModelTest {
    @Test
    void theDrawsAreThoseOfSplittableRandom() {
        assertEquals(0.5665615751722809, Draws.uniform(1, 0));
        assertEquals(0.7457817572627011, Draws.uniform(1, 1));
        assertEquals(0.9710027535867962, Draws.uniform(1, 2));
        for (long seed : new long[] {1, 2, 3, -77, 12345}) {
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < 1_000; i++) {
                assertEquals(random.nextDouble(), Draws.uniform(seed, i));
            }
        }
    }

    @Test
    void w1HasThePublishedLatencies() {
        LatencyModel w1 = new LatencyModel.W1(1, 10);
        assertEquals(3.899413, w1.seconds(0, 100), 5e-7);
        assertEquals(0.888115, w1.seconds(1, 100), 5e-7);
        assertEquals(4.195531, w1.seconds(2, 100), 5e-7);
    }

    @Test
    void w1IsTheLargestOfEightLogNormalsWithMeanOne() {
        LatencyModel w1 = new LatencyModel.W1(12345, 1);
        int groups = 20_000;
        double[] groupSeconds = new double[groups];
        double sampleSum = 0;
        for (int g = 0; g < groups; g++) {
            for (int j = 0; j < 8; j++) {
                double seconds = w1.seconds(8L * g + j, 100);
                sampleSum += seconds;
                groupSeconds[g] = Math.max(groupSeconds[g], seconds);
            }
        }
        double mean = Arrays.stream(groupSeconds).average().orElseThrow();
        assertEquals(1.0, mean, 0.001);
        assertEquals(0.4765, sampleSum / (8 * groups) / mean, 0.003);
        Arrays.sort(groupSeconds);
        // Exact quantiles of the largest of 8: exp(0.6 * normal quantile of p^(1/8)) / 2.5123.
        assertEquals(0.914, groupSeconds[groups / 2], 0.01);
        assertEquals(1.511, groupSeconds[groups * 9 / 10], 0.02);
        assertEquals(2.439, groupSeconds[groups * 99 / 100], 0.06);
    }

    @Test
    void aLogNormalHasItsMedianAndSigma() {
        LatencyModel model = new LatencyModel.LogNormal(9, 2, 0.5);
        double[] logs = new double[20_000];
        Arrays.setAll(logs, i -> Math.log(model.seconds(i, 100)));
        double mean = Arrays.stream(logs).average().orElseThrow();
        assertEquals(Math.log(2), mean, 0.02);
        assertEquals(
                0.5,
                Math.sqrt(Arrays.stream(logs)
                        .map(x -> (x - mean) * (x - mean))
                        .average()
                        .orElseThrow()),
                0.02);
        assertEquals(2, new LatencyModel.LogNormal(9, 2, 0).seconds(5, 100));
        assertEquals(0, new LatencyModel.LogNormal(9, 0, 1).seconds(5, 100));
    }

    @Test
    void theSettingsChooseTheModel() {
        TestSettings settings = new TestSettings();
        settings.latency = EngineSettings.Latency.W1;
        assertEquals(new LatencyModel.W1(1, 2), LatencyModel.of(settings.build()));
        assertTrue(LatencyModel.of(new TestSettings().build()) instanceof LatencyModel.LogNormal);
        settings.latency = EngineSettings.Latency.TOKENS;
        assertEquals(new LatencyModel.PerToken(0.01), LatencyModel.of(settings.build()));
    }

    @Test
    void longAnswersTakeLonger() {
        LatencyModel model = new LatencyModel.PerToken(0.01);
        assertEquals(0, model.seconds(3, 0));
        assertEquals(2.5, model.seconds(3, 250), 1e-12);
    }
}
