package io.millrace.worker.generator;

import io.millrace.common.rollout.SampleStatus;
import io.millrace.worker.attempt.Unjudged;
import java.util.ArrayList;
import java.util.List;

/** What one execution made, before and behind its judgement. Stateless. */
public final class Samples {
    private Samples() {}

    /**
     * What a generator gave back, when it can be published.
     *
     * @param max how many it may have
     * @throws GeneratorException {@link GeneratorException#BAD_SAMPLES} with the first fault
     */
    public static List<GeneratedSample> checked(List<GeneratedSample> made, int max) throws GeneratorException {
        if (made.isEmpty() || made.size() > max) {
            throw bad("made " + made.size() + " samples, 1 to " + max + " can be (--rollout-samples-max)");
        }
        for (GeneratedSample sample : made) {
            if (sample.trajectory().turns() == 0) {
                throw bad("made a sample of which no engine generated a token");
            }
            if (sample.status() == SampleStatus.ABORTED) {
                throw new GeneratorException("generator-aborted", "gave the execution up");
            }
        }
        return List.copyOf(made);
    }

    private static GeneratorException bad(String message) {
        return new GeneratorException(GeneratorException.BAD_SAMPLES, message);
    }

    /**
     * As a group has them.
     *
     * @param seconds of the whole execution
     */
    public static List<Unjudged> written(List<GeneratedSample> samples, long index, String session, double seconds) {
        List<Unjudged> written = new ArrayList<>();
        for (GeneratedSample sample : samples) {
            Trajectory trajectory = sample.trajectory();
            double otherSeconds = Math.max(0, seconds - trajectory.seconds());
            written.add(new Unjudged(
                    trajectory.written(sample, index, samples.size() == 1 ? null : index, session, otherSeconds),
                    sample.reward() != null));
        }
        return written;
    }
}
