package io.millrace.sandbox.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.json.Json;
import io.millrace.common.record.WorkersRecord.State;
import io.millrace.sandbox.demo.screen.DemoState;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class ObservationTest {
    @TempDir
    Path folder;

    /** The ledger has seen no group in flight: each is finished before it hears of its claim. */
    @Test
    void whatIsInFlightIsWhatWorkersHoldNow() {
        ObjectNode now = Json.object().put("slots_in_use", 48);
        now.putArray("groups").add(1).add(2).add(3);
        Observation seen = new Observation(
                Json.object().put("queued", 10).put("in_flight", 0).put("finished", 6),
                Json.object(),
                Json.object(),
                List.of(
                        TestDemo.worker("w1", State.RUNNING, 0, 40, 59_000),
                        TestDemo.worker("w1", State.STOPPED, 0, 2, 100)),
                Map.of(),
                Map.of("w1", now),
                List.of(),
                60_000);
        DemoState shown = seen.state(TestDemo.settings(folder), "runs", 1_000, "logs");
        assertEquals(new DemoState.Groups(7, 3, 6, 0, 0, 0), shown.groups());
        assertEquals(48, shown.workers().getFirst().slotsInUse());
        assertEquals(0, shown.workers().getLast().groupsHeld());
    }
}
