package io.millrace.common.wire;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import java.util.List;

/**
 * One step's groups.
 *
 * @param groups at least one, of the header's run, ascending by group index, each once
 */
public record RolloutBatch(BatchHeader header, List<RolloutGroup> groups) {
    /** @throws IllegalArgumentException when the groups are not so; the message names the group */
    public RolloutBatch {
        groups = List.copyOf(groups);
        check(header, groups.stream().map(RolloutGroup::header).toList());
    }

    /** @throws IllegalArgumentException when groups with these headers make no batch; the message names the group */
    static void check(BatchHeader header, List<GroupHeader> groups) {
        if (groups.isEmpty()) {
            throw new IllegalArgumentException("a batch has at least one group");
        }
        for (int i = 0; i < groups.size(); i++) {
            GroupIndex index = groups.get(i).groupIndex();
            if (!groups.get(i).run().equals(header.run())) {
                throw new IllegalArgumentException(
                        "group " + index + " is of run " + groups.get(i).run() + ", the batch of run " + header.run());
            }
            if (i > 0 && groups.get(i - 1).groupIndex().compareTo(index) >= 0) {
                throw new IllegalArgumentException("groups of a batch must ascend by index, each once: group " + index
                        + " follows group " + groups.get(i - 1).groupIndex());
            }
        }
    }
}
