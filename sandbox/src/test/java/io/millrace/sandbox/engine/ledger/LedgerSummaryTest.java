package io.millrace.sandbox.engine.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerSummaryTest {
    private static final long S = 1_000_000_000L;

    private static LedgerRow ran(String rid, double from, double to, int tokens, Outcome outcome) {
        return new LedgerRow(
                rid, "a:1", (long) (from * S), (long) (from * S), (long) (to * S), 5, tokens, List.of(), outcome);
    }

    private static LedgerSummary sum(List<LedgerRow> rows, double from, double to, int slots) {
        return LedgerSummary.of(rows, (long) (from * S), (long) (to * S), slots, 0);
    }

    @Test
    void occupancyIsBusyTimeOverSlotTime() {
        List<LedgerRow> rows = List.of(
                ran("a", 0, 10, 10, Outcome.STOP),
                ran("b", 0, 5, 20, Outcome.LENGTH),
                ran("c", 5, 8, 3, Outcome.ABORT));
        LedgerSummary summary = sum(rows, 0, 10.5, 2);
        assertEquals(18, summary.busySeconds());
        assertEquals(18 / 21.0, summary.occupancy());
        assertEquals(2, summary.peakRunning());
        assertEquals(3, summary.requests());
        assertEquals(2, summary.completed());
        assertEquals(1, summary.aborted());
        assertEquals(0, summary.running());
        assertEquals(2 / 10.5, summary.samplesPerSecond());
        assertEquals(33 / 10.5, summary.tokensPerSecond());
        assertEquals(0.0, summary.firstStartMs());
        assertEquals(10_000.0, summary.lastEndMs());
    }

    @Test
    void onlyThePartInsideTheWindowCounts() {
        LedgerRow open = new LedgerRow("d", "a:1", 6 * S, 7 * S, LedgerRow.NOT_YET, 5, 0, List.of(), Outcome.OPEN);
        LedgerRow queued =
                new LedgerRow("e", "a:1", 6 * S, LedgerRow.NOT_YET, LedgerRow.NOT_YET, 5, 0, List.of(), Outcome.OPEN);
        List<LedgerRow> rows = List.of(
                ran("a", 0, 5, 10, Outcome.STOP),
                ran("b", 3, 20, 10, Outcome.STOP),
                ran("c", 9, 12, 10, Outcome.STOP),
                open,
                queued);
        LedgerSummary summary = sum(rows, 4, 10, 4);
        assertEquals(1 + 6 + 1 + 3, summary.busySeconds());
        assertEquals(11 / 24.0, summary.occupancy());
        assertEquals(1, summary.completed());
        assertEquals(3, summary.requests());
        assertEquals(3, summary.running());
        assertEquals(3, summary.peakRunning());
        assertEquals(4_000.0, summary.firstStartMs());
        assertEquals(10_000.0, summary.lastEndMs());
    }

    @Test
    void waitingIsNotBusy() {
        LedgerRow waited = new LedgerRow("a", "a:1", 0, 6 * S, 8 * S, 5, 1, List.of(), Outcome.STOP);
        assertEquals(2, sum(List.of(waited), 0, 10, 1).busySeconds());
    }

    @Test
    void aSlotHandedOnIsNeverTwoAtOnce() {
        List<LedgerRow> rows = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            rows.add(ran("r" + i, i * 0.5, i * 0.5 + 0.5, 1, Outcome.STOP));
        }
        LedgerSummary summary = sum(rows, 0, 50, 1);
        assertEquals(1, summary.peakRunning());
        assertEquals(1.0, summary.occupancy());
    }

    @Test
    void aRidAdmittedTwiceIsADuplicateButARetryAfterRejectionIsNot() {
        List<LedgerRow> rows = List.of(
                ran("a", 0, 1, 1, Outcome.STOP),
                ran("a", 2, 3, 1, Outcome.STOP),
                ran("a", 4, 5, 1, Outcome.STOP),
                new LedgerRow("b", "a:1", S, LedgerRow.NOT_YET, S, 5, 0, List.of(), Outcome.REJECTED),
                ran("b", 2, 3, 1, Outcome.STOP));
        LedgerSummary summary = sum(rows, 0, 10, 1);
        assertEquals(1, summary.duplicates());
        assertEquals(1, summary.rejected());
        assertEquals(5, summary.requests());
    }

    @Test
    void anEmptyWindowOrUnknownSlotsHaveNoOccupancy() {
        assertNull(sum(List.of(), 5, 5, 4).occupancy());
        assertNull(sum(List.of(), 0, 5, 0).occupancy());
        assertEquals(0.0, sum(List.of(), 0, 5, 4).occupancy());
        assertNull(sum(List.of(), 0, 5, 4).firstStartMs());
    }

    @Test
    void peakAndBusyTimeAgreeWithCountingEveryMoment() {
        Random random = new Random(3);
        for (int round = 0; round < 50; round++) {
            List<LedgerRow> rows = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                int from = random.nextInt(100);
                rows.add(ran("r" + i, from, from + random.nextInt(30), 1, Outcome.STOP));
            }
            int from = random.nextInt(60);
            int to = from + random.nextInt(60);
            long busy = 0;
            long peak = 0;
            for (int second = from; second < to; second++) {
                long moment = second * S;
                long open = rows.stream()
                        .filter(row -> row.startNanos() <= moment && row.endNanos() > moment)
                        .count();
                busy += open;
                peak = Math.max(peak, open);
            }
            LedgerSummary summary = sum(rows, from, to, 1);
            assertEquals((double) busy, summary.busySeconds());
            assertEquals(peak, summary.peakRunning());
        }
    }

    @Test
    void whatDoesNotFitTheLedgerIsCounted() {
        RequestLedger ledger = new RequestLedger(2, LedgerFile.open(null), () -> 0, () -> 1_000);
        for (int i = 0; i < 5; i++) {
            RequestLedger.Line line = ledger.arrived("r" + i, "a:1", 1, 0);
            line.started(1);
            line.ended(2, 1, List.of(), Outcome.STOP);
        }
        assertEquals(2, ledger.rows(0, Long.MAX_VALUE).size());
        assertEquals(3, ledger.unrecorded());
        assertEquals(1_000_000_001, ledger.rows(0, Long.MAX_VALUE).getFirst().startNanos());
    }

    @Test
    void theFileIsContinuedByTheNextEngine(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("ledger.jsonl");
        for (String rid : List.of("first", "second")) {
            try (LedgerFile file = LedgerFile.open(path)) {
                RequestLedger ledger = new RequestLedger(1, file, () -> 0, () -> 1_000);
                ledger.arrived("open", "", 1, 0);
                RequestLedger.Line line = ledger.arrived(rid, "", 3, 0);
                line.started(1_000_000);
                line.ended(2_000_000, 5, List.of(), Outcome.STOP);
            }
        }
        assertEquals(
                List.of("first 1000.0 1001.0 1002.0 3 5 stop", "second 1000.0 1001.0 1002.0 3 5 stop"),
                Files.readAllLines(path).stream()
                        .map(Json.MAPPER::readTree)
                        .map(json -> json.path("rid").stringValue() + " " + json.path("arrival_ms") + " "
                                + json.path("start_ms") + " " + json.path("end_ms") + " " + json.path("prompt_tokens")
                                + " " + json.path("completion_tokens") + " "
                                + json.path("outcome").stringValue())
                        .toList());
    }
}
