package io.millrace.worker.slots;

import io.millrace.common.config.Setting;

/** How much a worker has in hand at once. */
public record SlotSettings(
        @Setting(
                name = "slots",
                defaultValue = "64",
                min = "1",
                max = "65536",
                unit = "samples",
                help = "Samples in flight at once, the worker's fixed number of generation tasks")
        int slots,

        @Setting(
                name = "eval-share",
                defaultValue = "0.25",
                min = "0.0",
                max = "1.0",
                help = "Share of the slots that samples of evaluations may have at once, at least one slot; 0 leaves"
                        + " evaluations to other workers")
        double evalShare,

        @Setting(
                name = "prefetch",
                defaultValue = "2",
                min = "1",
                max = "256",
                unit = "groups",
                help = "Claimed groups kept ready with no sample started; more for generations under a second")
        int prefetch,

        @Setting(
                name = "unpublished-max",
                defaultValue = "64",
                min = "1",
                max = "65536",
                unit = "groups",
                help = "Generated groups not yet published at which claiming stops")
        int unpublishedMax) {
    /** How many slots samples of evaluations may have at once. */
    public int evaluationSlots() {
        return evalShare == 0 ? 0 : Math.max(1, (int) (slots * evalShare));
    }
}
