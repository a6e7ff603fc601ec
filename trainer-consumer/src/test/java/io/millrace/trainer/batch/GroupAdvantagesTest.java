package io.millrace.trainer.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.wire.PackedGroup;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GroupAdvantagesTest {
    /** Of torch: {@code (r - r.mean()) / (r.std() + 1e-6)} and {@code r - r.mean()}. */
    @Test
    void theyAreTheRewardsOverTheirGroup() {
        double[] rewards = {1, 0, 0, 1, 1};
        assertArrayEquals(
                new float[] {0.730295f, -1.0954424f, -1.0954424f, 0.730295f, 0.730295f},
                GroupAdvantages.STD.of(rewards),
                1e-6f);
        assertArrayEquals(new float[] {0.4f, -0.6f, -0.6f, 0.4f, 0.4f}, GroupAdvantages.MEAN.of(rewards), 1e-7f);
    }

    @Test
    void oneSampleOrEqualRewardsHaveNone() {
        for (GroupAdvantages advantages : GroupAdvantages.values()) {
            assertArrayEquals(new float[] {0}, advantages.of(new double[] {7}));
            assertArrayEquals(new float[] {0, 0}, advantages.of(new double[] {-1, -1}));
        }
    }

    @Test
    void aGroupHasThemAsOneMoreTensor() {
        RolloutGroup group = TestingRollouts.group(3, 1, 2);
        RolloutGroup with = GroupAdvantages.MEAN
                .with(List.of(PackedGroup.of(group)))
                .getFirst()
                .unpack();
        Tensor tensor = with.extras().get(GroupAdvantages.TENSOR);
        assertEquals("F32", tensor.dtype());
        assertEquals(2, tensor.shape()[0]);
        ByteBuffer values = ByteBuffer.wrap(tensor.data()).order(ByteOrder.LITTLE_ENDIAN);
        assertArrayEquals(GroupAdvantages.MEAN.of(group.header()), new float[] {values.getFloat(), values.getFloat()});
        RolloutGroup taken = new RolloutGroup(
                group.header(),
                group.tokens(),
                group.logProbs(),
                group.lossMask(),
                Map.of(GroupAdvantages.TENSOR, new Tensor("U8", new long[] {1}, new byte[1])));
        assertThrows(IllegalArgumentException.class, () -> GroupAdvantages.STD.with(List.of(PackedGroup.of(taken))));
    }
}
