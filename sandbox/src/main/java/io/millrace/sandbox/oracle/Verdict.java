package io.millrace.sandbox.oracle;

import io.millrace.sandbox.oracle.account.Finding;
import java.util.List;
import java.util.Map;

/**
 * What a run came to.
 *
 * @param admitted groups issued
 * @param discarded groups by reason
 * @param abandoned groups given up with a cause
 * @param forgotten groups that have a result and no end
 * @param stale groups handed over past the bound
 * @param future groups handed over with tokens of weights that the lineage did not have
 * @param steps acknowledged
 * @param lineages what became of each
 * @param receivedAgain receptions of a step after its first
 * @param reissued attempts after the first
 * @param results whole groups on {@code results}, all attempts
 * @param resultsInParts those of them that came in more than one record
 * @param resultsRepeated those of groups that had one already
 * @param resultsVanished that the broker lost with the end of a log
 * @param evaluations asked for, and how they ended
 * @param generations of samples that came to their end at an engine
 * @param generationsRepeated those of samples that had one
 * @param generationsCutShort requests that engines aborted or turned away
 * @param hostile records that the run wrote as an enemy would
 * @param findings what must not be; empty for a clean run; at most {@link #FINDINGS_MAX} of them
 * @param findingsTotal how many there are
 */
public record Verdict(
        long admitted,
        long trained,
        Map<String, Long> discarded,
        long abandoned,
        long forgotten,
        long lost,
        long trainedTwice,
        long stale,
        long future,
        long steps,
        List<LineageFigures> lineages,
        long receivedAgain,
        long reissued,
        long results,
        long resultsInParts,
        long resultsRepeated,
        long resultsVanished,
        long rejected,
        EvaluationFigures evaluations,
        long generations,
        long generationsRepeated,
        long generationsCutShort,
        long hostile,
        List<Finding> findings,
        long findingsTotal) {
    public static final int FINDINGS_MAX = 100;

    /**
     * One lineage.
     *
     * @param from the step that it began with
     * @param steps acknowledged in it
     * @param replayed those of them that were recorded before
     * @param results of tasks issued in it
     */
    public record LineageFigures(long lineage, long from, long steps, long replayed, long results) {}

    /**
     * @param complete with every prompt done or given up
     * @param incomplete with their reason: out of time, or not to be issued
     */
    public record EvaluationFigures(long asked, long complete, long incomplete) {}

    public Verdict {
        discarded = Map.copyOf(discarded);
        lineages = List.copyOf(lineages);
        findings = List.copyOf(findings);
    }

    /** Whatever the reason. */
    public long discardedTotal() {
        return discarded.values().stream().mapToLong(Long::longValue).sum();
    }

    public boolean clean() {
        return findingsTotal == 0;
    }
}
