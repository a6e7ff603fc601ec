package io.millrace.worker.slots;

import io.millrace.common.config.Setting;

/** How much a worker has in hand at once. */
public record SlotSettings(
        @Setting(
                defaultValue = "64",
                range = "1 to 65536 samples",
                help = "Samples in flight at once, the worker's fixed number of generation tasks")
        int slots,

        @Setting(
                defaultValue = "0.25",
                range = "0.0 to 1.0",
                help = "Share of the slots that samples of evaluations may have at once, at least one slot; 0 leaves"
                        + " evaluations to other workers")
        double evalShare,

        @Setting(
                defaultValue = "2",
                range = "1 to 256 groups",
                help = "Claimed groups kept ready with no sample started; more for generations under a second")
        int prefetch,

        @Setting(
                defaultValue = "64",
                range = "1 to 65536 groups",
                help = "Generated groups not yet published at which claiming stops")
        int unpublishedMax) {
    /** How many slots samples of evaluations may have at once. */
    public int evaluationSlots() {
        return evalShare == 0 ? 0 : Math.max(1, (int) (slots * evalShare));
    }
}
