package io.millrace.sandbox.model.role;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import java.util.List;

/** All that outlives processes: the topics, and how far the share groups have come. Not thread-safe. */
public final class Topics {
    public final Log<TrainingTask> prompts = new Log<>();
    public final Log<TrainingTask> urgent = new Log<>();
    public final Log<Result> results = new Log<>();
    public final Log<Receipt> receipts = new Log<>();
    public final Log<StepRecord> steps = new Log<>();
    public final Log<Policy> policy = new Log<>();
    /** The next task of each lane that no worker has claimed. */
    int promptsClaimed;

    int urgentClaimed;

    public Log<TrainingTask> lane(Lane lane) {
        return lane == Lane.URGENT ? urgent : prompts;
    }

    public int claimed(Lane lane) {
        return lane == Lane.URGENT ? urgentClaimed : promptsClaimed;
    }

    /** Whether a worker has claimed the newest task of the group on the lanes. */
    public boolean isClaimed(GroupIndex group, Attempt attempt) {
        for (Lane lane : Lane.of(GroupKind.TRAINING)) {
            for (int offset = 0; offset < claimed(lane); offset++) {
                TrainingTask task = lane(lane).at(offset);
                if (task.groupIndex().equals(group) && task.attempt().equals(attempt)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** What the trainer consumer writes in one transaction. */
    public void decided(List<? extends ControlRecord> records) {
        for (ControlRecord record : records) {
            switch (record) {
                case StepRecord step -> steps.append(step);
                case Policy next -> policy.append(next);
                default -> {
                    // Dead letters of records that cannot be read: none is written here.
                }
            }
        }
    }

    /** Records of {@code steps} and {@code policy}. */
    public int decisions() {
        return steps.end() + policy.end();
    }

    public void describe(StringBuilder out) {
        tasks(out, prompts, promptsClaimed);
        tasks(out, urgent, urgentClaimed);
        out.append(results);
        for (Receipt receipt : receipts.all()) {
            out.append("|" + receipt.groupIndex() + "a" + receipt.attempt() + receipt.outcome());
        }
        out.append(steps).append(policy);
    }

    private static void tasks(StringBuilder out, Log<TrainingTask> lane, int claimed) {
        out.append(claimed);
        for (TrainingTask task : lane.all()) {
            out.append('|').append(describe(task));
        }
        out.append('\n');
    }

    public static String describe(TrainingTask task) {
        return "g" + task.groupIndex() + "a" + task.attempt() + "l" + task.lineage() + "v" + task.issueVersion() + "h"
                + task.history().losses() + task.history().failures();
    }
}
