package io.millrace.sandbox.trainer;

import io.millrace.common.json.Json;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Batches in the JSON form of the trainer consumer, good ones. */
final class Batches {
    private Batches() {}

    static TrainerClient.Lease lease(long step, Long... groups) {
        return new TrainerClient.Lease(0, step, "0-" + step + "-00000000000000aa", step, 1_000, List.of(groups));
    }

    /** Each sample has 2 prompt tokens and 3 response tokens, the reward 1 for even and 0 for odd sample indices. */
    static ObjectNode batch(TrainerClient.Lease lease, int samplesPerGroup) {
        ObjectNode batch = Json.object();
        batch.put("lineage", lease.lineage());
        batch.put("step", lease.step());
        batch.put("weight_version", lease.weightVersion());
        ArrayNode groups = batch.putArray("groups");
        for (long index : lease.groupIndices()) {
            ArrayNode group = groups.addArray();
            for (int i = 0; i < samplesPerGroup; i++) {
                sample(group.addObject(), index, index * samplesPerGroup + i);
            }
        }
        return batch;
    }

    private static void sample(ObjectNode sample, long group, long index) {
        sample.put("group_index", group);
        sample.put("index", index);
        sample.put("response_length", 3);
        sample.put("reward", index % 2 == 0 ? 1.0 : 0.0);
        sample.putArray("tokens").add(1).add(2).add(3).add(4).add(5);
        sample.putArray("loss_mask").add(1).add(1).add(1);
        sample.putArray("rollout_log_probs").add(-0.1).add(-0.2).add(-0.3);
        sample.putArray("weight_versions").add("0");
    }

    static ObjectNode sample(ObjectNode batch, int group, int sample) {
        return (ObjectNode) batch.path("groups").path(group).path(sample);
    }
}
