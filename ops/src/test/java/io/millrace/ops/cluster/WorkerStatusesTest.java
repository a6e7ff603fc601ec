package io.millrace.ops.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.WorkersRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WorkerStatusesTest {
    private final WorkerStatuses statuses = new WorkerStatuses();

    private static WorkersRecord.Status status(String id, WorkersRecord.State state, long... groups) {
        List<WorkersRecord.HeldGroup> held = java.util.Arrays.stream(groups)
                .mapToObj(group ->
                        new WorkersRecord.HeldGroup(GroupKind.TRAINING, new GroupIndex(group), new Attempt(1), 0, 0))
                .toList();
        return new WorkersRecord.Status(
                new WorkerIncarnation(id, "i"), 1, state, 0, 64, 8 * groups.length, held, List.of(), 0, 0, 0, 0);
    }

    private void put(WorkersRecord.Status status, long timestampMs) {
        accept(status.worker().key(), ControlCodec.encode(status), timestampMs);
    }

    private void accept(String key, byte @Nullable [] value, long timestampMs) {
        statuses.accept(new ConsumerRecord<>(
                "r.workers",
                0,
                0,
                timestampMs,
                TimestampType.LOG_APPEND_TIME,
                0,
                0,
                key.getBytes(StandardCharsets.UTF_8),
                value,
                new RecordHeaders(),
                Optional.empty()));
    }

    private List<String> live() {
        return statuses.live().stream()
                .map(seen -> seen.status().worker().workerId())
                .toList();
    }

    @Test
    void onlyTheNewestStatusOfAnIncarnationCounts() {
        put(status("w1", WorkersRecord.State.RUNNING, 1, 2), 1_000);
        put(status("w1", WorkersRecord.State.RUNNING, 2, 3), 3_000);
        assertEquals(Set.of(new GroupIndex(2), new GroupIndex(3)), statuses.held());
    }

    private void heartbeat(long timestampMs) {
        accept(
                WorkersRecord.LEDGER_KEY,
                ControlCodec.encode(new WorkersRecord.LedgerHeartbeat("1-00000000", 1, 0, null)),
                timestampMs);
    }

    @Test
    void stoppedAndSilentWorkersAreNotLive() {
        put(status("w1", WorkersRecord.State.RUNNING), 1_000);
        put(status("w2", WorkersRecord.State.STOPPED), 9_000);
        put(status("w3", WorkersRecord.State.DRAINING), 9_000);
        heartbeat(11_000);
        assertEquals(List.of("w1", "w3"), live());
        heartbeat(11_001);
        assertEquals(List.of("w3"), live());
        assertEquals(3, statuses.all().size());
    }

    /** Whatever the clocks of worker and reader say: the broker's times are the only ones there are. */
    @Test
    void aWorkerIsLiveByTheArrivalOfItsStatusNotByAnyHostsClock() {
        long yearsAgoMs = 1_000;
        put(status("w1", WorkersRecord.State.RUNNING), yearsAgoMs);
        heartbeat(yearsAgoMs + 2_000);
        assertEquals(List.of("w1"), live());
    }

    @Test
    void aGroupHeldByTwoWorkersIsCountedOnce() {
        put(status("w1", WorkersRecord.State.RUNNING, 1, 2), 1_000);
        put(status("w2", WorkersRecord.State.RUNNING, 2), 1_000);
        assertEquals(2, statuses.held().size());
    }

    @Test
    void aTombstoneForgetsAndABrokenRecordIsPassedOver() {
        put(status("w1", WorkersRecord.State.RUNNING), 1_000);
        accept("w1/i", null, 1_500);
        accept("w2/i", new byte[] {1}, 1_500);
        assertEquals(List.of(), statuses.all());
    }
}
