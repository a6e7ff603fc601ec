package io.millrace.producer.source;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.Policy;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.reward.Rewards;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.row.PromptRow;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Makes the tasks of each group. Pure, for all threads. */
public final class TaskFactory {
    /** In the metadata, as slime has it. */
    private static final String TOOLS = "tools";

    private final DataSet dataSet;
    private final PromptOrder order;
    private final int samplesPerGroup;
    private final SamplingParams samplingParams;
    private final @Nullable String rewardType;
    private final long timeLimitMs;

    /**
     * @param order over exactly this data set's rows
     * @param samplesPerGroup 1 or more
     * @param rewardType goes into the metadata of rows that name no reward; null leaves them as they are
     * @param timeLimitMs how long each attempt may take from its claim on
     */
    public TaskFactory(
            DataSet dataSet,
            PromptOrder order,
            int samplesPerGroup,
            SamplingParams samplingParams,
            @Nullable String rewardType,
            long timeLimitMs) {
        this.dataSet = dataSet;
        this.order = order;
        this.samplingParams = samplingParams;
        this.samplesPerGroup = samplesPerGroup;
        this.rewardType = rewardType;
        this.timeLimitMs = timeLimitMs;
        if (samplesPerGroup < 1) {
            throw new IllegalArgumentException("samples_per_group must be 1 or more, was " + samplesPerGroup);
        }
        if (order.size() != dataSet.size()) {
            throw new IllegalArgumentException(
                    "the prompt order is for " + order.size() + " rows, the data set has " + dataSet.size());
        }
    }

    /**
     * @param policy the newest known; its lineage and version become those of the issue
     * @param nowMs wall clock, milliseconds since 1970
     * @throws IllegalArgumentException when the order is exhausted at this group
     */
    public TrainingTask task(GroupIndex group, Policy policy, long nowMs) {
        if (order.exhausted(group)) {
            throw new IllegalArgumentException("group " + group + " is past the last epoch");
        }
        return made(group, policy, nowMs);
    }

    /**
     * An attempt of a group that was published before: its prompt, label, metadata and sampling are those it was
     * published with, whatever is set now, since the samples of a group and the groups of a step must be of one kind.
     * How long an attempt may take is as it is set now: it says nothing of the samples, and who raises it after missed
     * deadlines means the groups that missed them.
     *
     * @param before the newest task of the group as it stands on its lane; null when it stands there no more, and then
     *     the prompt, which follows from the group's index, is the same, the rest as it is set now
     * @param policy the newest known
     * @param history how the attempts before this one ended
     */
    public TrainingTask again(
            GroupIndex group,
            @Nullable TrainingTask before,
            Attempt attempt,
            Policy policy,
            long nowMs,
            AttemptHistory history) {
        return (before == null ? made(group, policy, nowMs) : before)
                .again(attempt, policy.lineage(), policy.weightVersion(), nowMs, history)
                .within(timeLimitMs);
    }

    private TrainingTask made(GroupIndex group, Policy policy, long nowMs) {
        PromptOrder.Position position = order.at(group);
        PromptRow row = dataSet.row(position.row());
        return new TrainingTask(
                group,
                new Attempt(1),
                samplesPerGroup,
                policy.lineage(),
                policy.weightVersion(),
                nowMs,
                row.prompt(),
                row.label(),
                metadata(row, rewardType),
                samplingParams,
                new TrainingTask.Source(dataSet.fingerprint(), order.seed(), position.epoch(), row.line()),
                timeLimitMs,
                null,
                null);
    }

    public int samplesPerGroup() {
        return samplesPerGroup;
    }

    /**
     * The row's own object, which may be changed since a row is read anew each time.
     *
     * @param rewardType goes into it as {@link Rewards#defaulted} says; null leaves it as it is
     */
    public static ObjectNode metadata(PromptRow row, @Nullable String rewardType) {
        ObjectNode metadata = row.metadata();
        if (row.tools() != null) {
            metadata.set(TOOLS, row.tools());
        }
        return Rewards.defaulted(metadata, rewardType);
    }
}
