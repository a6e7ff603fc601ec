package io.millrace.trainer.collect;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.wire.PackedGroup;

/** What a record of {@code results} came to. */
public sealed interface Verdict {
    /** The first valid result of its group: it waits to be trained. */
    record Won(FinishedGroup group, PackedGroup content) implements Verdict {}

    /** The first valid result of its group is of a lineage that was given up: the group is to be discarded. */
    record Lost(FinishedGroup group) implements Verdict {}

    /** The first thing of its group is a marker: the group is to be settled as abandoned. */
    record Abandon(GroupIndex groupIndex, Attempt lastAttempt, String cause) implements Verdict {}

    /** The result cannot be used and the ledger must be told. */
    record Reject(ResultEvent.Invalid result) implements Verdict {}

    /** Something of this group won before; counted. */
    record Duplicate(GroupIndex groupIndex) implements Verdict {}

    /** A part of a group of which something won before; its last part is counted for all of them. */
    record Passed(GroupIndex groupIndex) implements Verdict {}

    /** Read again after a restart: this very record was decided on before. */
    record Known(ResultEvent event) implements Verdict {}

    /** Names no group; to be put on record. */
    record Skipped(ResultEvent.Unreadable record) implements Verdict {}
}
