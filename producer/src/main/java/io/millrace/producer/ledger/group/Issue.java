package io.millrace.producer.ledger.group;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a group's newest task: enough to judge the attempt, and where the task stands, since a group that is
 * issued again is what its task says.
 *
 * @param lane where the task stands
 * @param offset likewise
 * @param timeLimitMs how long the attempt may take from its claim on; 0 where the task does not say
 * @param history how the attempts before it ended
 * @param partial what it goes on with; null for nothing
 */
public record Issue(
        Lane lane,
        long offset,
        Attempt attempt,
        Lineage lineage,
        WeightVersion version,
        long issuedAtMs,
        long timeLimitMs,
        AttemptHistory history,
        @Nullable PartialRef partial) {
    static Issue of(Lane lane, TrainingTask task, long offset) {
        Long limit = task.timeLimitMs();
        return new Issue(
                lane,
                offset,
                task.attempt(),
                task.lineage(),
                task.issueVersion(),
                task.issuedAtMs(),
                limit == null ? 0 : limit,
                task.history(),
                task.partial());
    }
}
