package io.millrace.sandbox.model.role;

import io.millrace.common.batch.Capacity;
import io.millrace.common.config.Setting;

/** How large the world is, and how much goes wrong in it; each number is a most. */
public record Bounds(
        @Setting(
                name = "world-groups",
                defaultValue = "2",
                range = "1 to 1000 groups",
                help = "Groups that the run admits in all")
        int groups,

        @Setting(name = "world-batch-groups", defaultValue = "1", range = "1 to 100 groups", help = "Groups of a step")
        int batchGroups,

        @Setting(
                name = "world-slots",
                defaultValue = "1",
                range = "1 to 100 groups",
                help = "Groups in workers' hands at a time, over all workers")
        int slots,

        @Setting(
                name = "world-max-staleness",
                defaultValue = "1",
                range = "1 to 100 weight versions",
                help = "Most versions between a group's oldest token and its hand-over")
        int maxStaleness,

        @Setting(
                name = "world-max-losses",
                defaultValue = "2",
                range = "1 to 100 attempts",
                help = "Lost attempts with which a group is given up")
        int maxLosses,

        @Setting(
                name = "world-deaths",
                defaultValue = "0",
                range = "0 to 1000 times",
                help = "Times that a worker dies with a group in its hands")
        int deaths,

        @Setting(
                name = "world-stalls",
                defaultValue = "0",
                range = "0 to 1000 times",
                help = "Times that a worker is taken for lost, and goes on")
        int stalls,

        @Setting(
                name = "world-tail-losses",
                defaultValue = "0",
                range = "0 to 1000 times",
                help = "Times that a log loses its last records")
        int tailLosses,

        @Setting(
                name = "world-tail-records",
                defaultValue = "1",
                range = "1 to 100 records",
                help = "Most records that a log loses at once")
        int tailRecords,

        @Setting(
                name = "world-producer-restarts",
                defaultValue = "0",
                range = "0 to 1000 times",
                help = "Times that the producer dies and is started again")
        int producerRestarts,

        @Setting(
                name = "world-consumer-restarts",
                defaultValue = "0",
                range = "0 to 1000 times",
                help = "Times that the trainer consumer dies and is started again")
        int consumerRestarts,

        @Setting(
                name = "world-resumes",
                defaultValue = "0",
                range = "0 to 1 times",
                help = "Whether a second trainer goes back to an older step while the first one lives")
        int resumes,

        @Setting(
                name = "world-lost-answers",
                defaultValue = "0",
                range = "0 to 1000 times",
                help = "Acknowledgements whose answer the trainer does not get")
        int lostAnswers) {
    public Capacity capacity() {
        return new Capacity(batchGroups, 1, 1);
    }
}
