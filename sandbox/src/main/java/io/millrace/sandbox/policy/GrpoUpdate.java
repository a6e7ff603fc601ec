package io.millrace.sandbox.policy;

import java.util.List;

/**
 * One step of GRPO with PPO's clipping: advantages are rewards normalised within each group, each sample's choice is
 * weighed by its probability now over its probability when it was made. Plain gradient ascent. Immutable.
 *
 * @param clip how far the ratio may leave 1 before a sample stops pushing
 * @param temperature that samples are drawn at
 */
public record GrpoUpdate(double learningRate, double clip, double temperature) {
    /**
     * What the update needs of a sample.
     *
     * @param form of its prompt
     * @param kind that it answered
     * @param behaviourLogProb of that choice when it was made
     */
    public record Sample(int form, int kind, double behaviourLogProb, double reward) {}

    private static final double EPSILON = 1e-6;

    /** The policy after one step on these groups; groups whose rewards are all the same say nothing. */
    public AnswerPolicy apply(AnswerPolicy policy, List<List<Sample>> groups) {
        double[] gradient = gradient(policy, groups);
        float[] weights = policy.weights();
        for (int i = 0; i < weights.length; i++) {
            weights[i] += (float) (learningRate * gradient[i]);
        }
        return new AnswerPolicy(weights);
    }

    /** Of {@link #objective} by the weights. */
    double[] gradient(AnswerPolicy policy, List<List<Sample>> groups) {
        double[] gradient = new double[AnswerPolicy.FORMS * Answers.COUNT];
        long samples = groups.stream().mapToLong(List::size).sum();
        for (List<Sample> group : groups) {
            double[] advantages = advantages(group);
            for (int i = 0; i < group.size(); i++) {
                Sample sample = group.get(i);
                double[] logProbs = policy.logProbs(sample.form(), temperature);
                double ratio = Math.exp(logProbs[sample.kind()] - sample.behaviourLogProb());
                if (isClipped(ratio, advantages[i])) {
                    continue;
                }
                for (int kind = 0; kind < Answers.COUNT; kind++) {
                    double chosen = kind == sample.kind() ? 1 : 0;
                    gradient[sample.form() * Answers.COUNT + kind] +=
                            advantages[i] * ratio * (chosen - Math.exp(logProbs[kind])) / temperature / samples;
                }
            }
        }
        return gradient;
    }

    /** What is raised: the mean over samples of the smaller of ratio and clipped ratio, times the advantage. */
    double objective(AnswerPolicy policy, List<List<Sample>> groups) {
        double sum = 0;
        long samples = 0;
        for (List<Sample> group : groups) {
            double[] advantages = advantages(group);
            for (int i = 0; i < group.size(); i++) {
                Sample sample = group.get(i);
                double ratio = Math.exp(
                        policy.logProbs(sample.form(), temperature)[sample.kind()] - sample.behaviourLogProb());
                double clipped = Math.clamp(ratio, 1 - clip, 1 + clip);
                sum += Math.min(ratio * advantages[i], clipped * advantages[i]);
                samples++;
            }
        }
        return sum / samples;
    }

    private boolean isClipped(double ratio, double advantage) {
        return advantage > 0 ? ratio > 1 + clip : ratio < 1 - clip;
    }

    static double[] advantages(List<Sample> group) {
        double mean = group.stream().mapToDouble(Sample::reward).average().orElse(0);
        double variance = group.stream()
                .mapToDouble(sample -> (sample.reward() - mean) * (sample.reward() - mean))
                .average()
                .orElse(0);
        double std = Math.sqrt(variance);
        return group.stream()
                .mapToDouble(sample -> (sample.reward() - mean) / (std + EPSILON))
                .toArray();
    }
}
