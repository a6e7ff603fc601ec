package io.millrace.sandbox.oracle;

import java.util.List;

/**
 * What a run came to.
 *
 * @param admitted groups issued
 * @param waiting groups with a result that are too few for another step
 * @param steps acknowledged
 * @param receivedAgain receptions of a step after its first
 * @param reissued attempts after the first
 * @param results whole groups on {@code results}, all attempts
 * @param resultsRepeated those of groups that had one already
 * @param generations of samples that came to their end at an engine
 * @param generationsRepeated those of samples that had one
 * @param generationsCutShort requests that engines aborted or turned away
 * @param findings what must not be; empty for a clean run; at most {@link #FINDINGS_MAX} of them
 * @param findingsTotal how many there are
 */
public record Verdict(
        long admitted,
        long trained,
        long discarded,
        long abandoned,
        long waiting,
        long lost,
        long trainedTwice,
        long steps,
        long receivedAgain,
        long reissued,
        long results,
        long resultsRepeated,
        long rejected,
        long generations,
        long generationsRepeated,
        long generationsCutShort,
        List<Finding> findings,
        long findingsTotal) {
    public static final int FINDINGS_MAX = 100;

    public Verdict {
        findings = List.copyOf(findings);
    }

    public boolean clean() {
        return findingsTotal == 0;
    }
}
