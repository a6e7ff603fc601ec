package io.millrace.producer.source;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.Policy;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import java.util.Objects;

/** Makes the first attempt of each group. Pure, for all threads. */
public final class TaskFactory {
    private final DataSet dataSet;
    private final PromptOrder order;
    private final int samplesPerGroup;
    private final SamplingParams samplingParams;

    /**
     * @param order over exactly this data set's rows
     * @param samplesPerGroup 1 or more
     */
    public TaskFactory(DataSet dataSet, PromptOrder order, int samplesPerGroup, SamplingParams samplingParams) {
        this.dataSet = Objects.requireNonNull(dataSet, "data_set");
        this.order = Objects.requireNonNull(order, "order");
        this.samplingParams = Objects.requireNonNull(samplingParams, "sampling_params");
        this.samplesPerGroup = samplesPerGroup;
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
                row.metadata(),
                samplingParams,
                new TrainingTask.Source(dataSet.fingerprint(), order.seed(), position.epoch(), row.line()));
    }
}
