package io.millrace.sandbox.chaos.inject;

import io.millrace.sandbox.broker.LogTails;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;

/** Takes the ends of some topics of a run from a dead broker's disk, as a power loss does. */
public final class LostTails {
    /** Of a topic's end, in batches. */
    private static final int BATCHES_MAX = 3;
    /**
     * Topics that may lose their end on one broker: what stands on them is made again, or asked for again. What the run
     * accounts with (prompts, steps, policy, evals) is another matter, see docs/RELIABILITY.md.
     */
    private static final List<String> TOPICS =
            List.of("results", "eval-results", "receipts", "eval-receipts", "partials", "workers");

    private LostTails() {}

    /**
     * Cuts the ends.
     *
     * @param random chooses topics and batches
     * @return what is gone, in words; none when the chosen logs have nothing to lose
     * @throws IllegalStateException when the broker runs
     */
    static List<String> cut(LogTails tails, String run, Random random) throws IOException {
        List<String> cut = new ArrayList<>();
        for (String topic : TOPICS) {
            if (random.nextBoolean()) {
                for (TopicPartition partition : tails.partitions(run + "." + topic)) {
                    long bytes = tails.cutBatches(partition, 1 + random.nextInt(BATCHES_MAX));
                    if (bytes > 0) {
                        cut.add(partition + ": " + bytes + " bytes");
                    }
                }
            }
        }
        return cut;
    }
}
