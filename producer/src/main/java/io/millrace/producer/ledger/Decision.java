package io.millrace.producer.ledger;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.PartialRef;
import io.millrace.producer.ledger.group.Issue;
import org.jspecify.annotations.Nullable;

/** What is to be done with a group whose latest attempt is over without a result that counts. */
public sealed interface Decision {
    GroupIndex group();

    /** How the attempt ended, those before it included; the newest end is the last. */
    AttemptHistory history();

    /** @return how the latest attempt ended */
    default AttemptHistory.Kind kind() {
        return history().ends().getLast().kind();
    }

    /**
     * Put it on the urgent lane once more.
     *
     * @param attempt the next one's number
     * @param partial what it goes on with; null to begin anew
     */
    record Reissue(
            GroupIndex group,
            Attempt attempt,
            AttemptHistory history,
            @Nullable PartialRef partial) implements Decision {
        /** What it goes on with in this lineage; null to begin anew. */
        public @Nullable PartialRef partial(Lineage lineage) {
            return partial != null && partial.lineage().equals(lineage) ? partial : null;
        }
    }

    /**
     * Give it up: its attempts are used up.
     *
     * @param last its latest attempt
     * @param number of the abandonment, by which its receipt and what is said of its marker are known
     * @param cause for people
     */
    record Abandon(GroupIndex group, Issue last, Attempt number, AttemptHistory history, String cause)
            implements Decision {}
}
