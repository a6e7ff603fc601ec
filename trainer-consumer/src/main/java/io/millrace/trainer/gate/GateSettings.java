package io.millrace.trainer.gate;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;

/** How stale a batch may be, and of which groups it is made. */
public record GateSettings(
        @Setting(
                defaultValue = "4",
                range = "0 to 1000 weight versions",
                help = "Most versions between the oldest token of a group and its hand-over; at least pipeline-depth")
        int maxStaleness,

        @Setting(
                defaultValue = "wait",
                help = "wait holds a step in time for groups that would pass the bound; discard throws those away that"
                        + " have passed it, and refills")
        OnStale onStale,

        @Setting(
                defaultValue = "oldest-first",
                help = "Which finished groups make a step: oldest-first, completion-order, or strict, which takes them"
                        + " by index without a gap, the same whatever the timing")
        BatchOrder batchOrder,

        @Setting(
                defaultValue = "false",
                help =
                        "Hand over groups that have tokens past the bound, with the loss_mask of those tokens 0; then only"
                                + " groups without a token within the bound count as past it")
        boolean maskStaleTokens) {
    /**
     * The gate of these settings.
     *
     * @throws SettingException when generation may run further ahead than batches may be stale
     */
    public StalenessGate gate(BatchSettings batch) {
        if (maxStaleness < batch.pipelineDepth()) {
            throw SettingException.impossible(
                    "--max-staleness and --pipeline-depth",
                    "generation that runs " + batch.pipelineDepth() + " versions ahead makes groups that old, so"
                            + " max-staleness must be at least " + batch.pipelineDepth() + ", was " + maxStaleness);
        }
        return new StalenessGate(maxStaleness, onStale, batchOrder, maskStaleTokens, batch.capacity());
    }
}
