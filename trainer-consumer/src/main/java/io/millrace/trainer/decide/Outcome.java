package io.millrace.trainer.decide;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;

/** What became of a result or a group, for those who count and say it. */
public sealed interface Outcome {
    /** A group has finished, whatever becomes of it then. */
    record GroupFinished(FinishedGroup group) implements Outcome {}

    /**
     * A finished group is settled without being trained.
     *
     * @param reason a word of metrics
     * @param why for people
     */
    record GroupDiscarded(FinishedGroup group, String reason, String why) implements Outcome {}

    /** A group is settled since its attempts were used up. */
    record GroupAbandoned(GroupIndex groupIndex, String cause) implements Outcome {}

    /** A result cannot be used: a failed attempt. */
    record ResultRejected(ResultEvent.Invalid result) implements Outcome {}

    /** A result that had won is past the bound, and a newer attempt is out. */
    record ResultTakenBack(FinishedGroup group, String reason) implements Outcome {}

    /** Something of the group has won before. */
    record ResultRepeated(GroupIndex groupIndex) implements Outcome {}

    /** A result is not where its receipt says. */
    record ResultMissing(StepRecord.Missing missing) implements Outcome {}

    /** A record that names no group. */
    record RecordSkipped(ResultEvent.Unreadable record) implements Outcome {}
}
