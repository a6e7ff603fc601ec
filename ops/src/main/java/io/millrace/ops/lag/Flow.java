package io.millrace.ops.lag;

import io.millrace.common.record.WorkersRecord;
import org.jspecify.annotations.Nullable;

/**
 * How fast a run goes, and what has waited longest.
 *
 * @param generatedPerSecond groups that workers finished, over the last minute; null where too little is known
 * @param trainedPerSecond groups that were trained, over the last five minutes; null where too little is known
 * @param oldestFinishedMs for how long the oldest finished group has waited; null for none
 * @param workersWanted by the producer's word; null where it has not said
 */
record Flow(
        @Nullable Double generatedPerSecond,
        @Nullable Double trainedPerSecond,
        @Nullable Long oldestFinishedMs,
        WorkersRecord.@Nullable Wanted workersWanted) {
    /** Nothing is known. */
    static final Flow UNKNOWN = new Flow(null, null, null, null);
}
