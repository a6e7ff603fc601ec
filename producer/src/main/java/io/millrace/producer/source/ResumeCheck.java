package io.millrace.producer.source;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.TrainingTask;
import io.millrace.producer.source.load.DataSet;
import org.jspecify.annotations.Nullable;

/** Decides, from the last task on the prompts topic, where publishing begins, or that it must not. Pure. */
public final class ResumeCheck {
    private ResumeCheck() {}

    /**
     * Indices are never reused, so data set, seed and order must be those the run was begun with: otherwise some
     * prompts would come twice in an epoch and others not at all, and nobody would notice.
     *
     * @param last the task with the highest group index on the topic, null when there is none
     * @return the next group: 0 when the topic is empty, else the one after the last
     * @throws SettingException when nothing may be published, with the reason for the person who started the producer
     */
    public static GroupIndex next(
            @Nullable TrainingTask last, DataSet dataSet, PromptOrder order, int samplesPerGroup) {
        if (last == null) {
            return new GroupIndex(0);
        }
        TrainingTask.Source source = last.source();
        if (!source.fingerprint().equals(dataSet.fingerprint())) {
            throw refusal("the run was begun with the data set of fingerprint " + source.fingerprint() + ", "
                    + dataSet.spec() + " has " + dataSet.fingerprint());
        }
        if (source.seed() != order.seed()) {
            throw refusal("the run was begun with seed " + source.seed() + ", the configured seed is " + order.seed());
        }
        if (last.samples() != samplesPerGroup) {
            throw refusal("the run was begun with samples-per-group " + last.samples() + ", configured are "
                    + samplesPerGroup + ": sample indices would repeat");
        }
        PromptOrder.Position position = order.at(last.groupIndex());
        long line = dataSet.line(position.row());
        if (source.epoch() != position.epoch() || source.row() != line) {
            throw refusal("the run was begun with another prompt order: group " + last.groupIndex() + " was line "
                    + source.row() + " in epoch " + source.epoch() + ", now it is line " + line + " in epoch "
                    + position.epoch() + "; was shuffling switched?");
        }
        return last.groupIndex().next();
    }

    private static SettingException refusal(String what) {
        return SettingException.impossible(
                "--dataset, --seed, --shuffle", what + ". Put back what was there, or begin a run of another name.");
    }
}
