package io.millrace.common.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.millrace.common.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SamplingParamsTest {
    /** Samples of a group that draw alike would teach nothing. */
    @Test
    void everySampleOfAGroupHasASeedOfItsOwn() {
        SamplingParams params = new SamplingParams(
                1, 1, -1, 16, List.of(), List.of(), false, Json.object().put("sampling_seed", 40));
        assertEquals(42, params.ofSample(2).extra().path("sampling_seed").intValue());
        assertEquals(40, params.extra().path("sampling_seed").intValue());
        SamplingParams without = SamplingParams.defaults(16);
        assertSame(without, without.ofSample(2));
    }
}
