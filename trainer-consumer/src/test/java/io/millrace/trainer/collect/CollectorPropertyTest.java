package io.millrace.trainer.collect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.trainer.batch.BatchChoice;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.LeaseDecision;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Random results in random order, leases and acknowledgements at random moments, restarts in between: collector, batch
 * choice and step ledger together keep the invariants that DESIGN.md gives the trainer consumer.
 */
class CollectorPropertyTest {
    private static final int SEEDS = 25;
    private static final int PARTITIONS = 3;
    private static final int GROUPS = 900;
    private static final int EVENTS = 4_000;
    private static final int B = 8;
    private static final int PAYLOAD_BYTES = 10;
    private static final long PAYLOAD_BYTES_MAX = 25 * PAYLOAD_BYTES;

    @Test
    void everyGroupIsSettledOnceInWholeSortedBatchesWhateverHappens() {
        long events = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            World world = new World(seed);
            world.live();
            world.finish();
            events += world.fed;
        }
        assertTrue(events >= 100_000, "only " + events + " events");
    }

    private static final class World {
        private final int seed;
        private final Random random;
        private final List<List<ResultEvent>> logs = new ArrayList<>();
        /** What must win: the first arrived result or marker of each group in its log. */
        private final Map<GroupIndex, ResultEvent> winners = new HashMap<>();

        private final List<StepRecord> steps = new ArrayList<>();
        private final Set<GroupIndex> acknowledged = new HashSet<>();
        private final int[] read = new int[PARTITIONS];
        private long duplicatesExpected;
        private StepLedger ledger;
        private Collector collector;
        private long fed;

        World(int seed) {
            this.seed = seed;
            this.random = new Random(seed);
            for (int i = 0; i < PARTITIONS; i++) {
                logs.add(new ArrayList<>());
            }
            for (int i = 0; i < EVENTS; i++) {
                append();
            }
            start();
        }

        private void append() {
            // Indices rise with time and scatter, as finishing groups do.
            GroupIndex index = new GroupIndex(Math.max(
                    0,
                    Math.min(
                            GROUPS - 1,
                            logs.stream().mapToInt(List::size).sum() * GROUPS / EVENTS + random.nextInt(60) - 30)));
            int partition = (int) (index.value() % PARTITIONS);
            List<ResultEvent> log = logs.get(partition);
            long offset = log.size();
            Attempt attempt = new Attempt(1 + random.nextInt(3));
            ResultEvent event = switch (random.nextInt(20)) {
                case 0 -> new ResultEvent.Marker(index, attempt, "lost", partition, offset);
                case 1, 2 -> new ResultEvent.Invalid(index, attempt, partition, offset, ResultEvent.Flaw.BLOB, "bad");
                case 3 -> new ResultEvent.Unreadable(partition, offset, ResultEvent.Problem.VALUE, "noise");
                default ->
                    new ResultEvent.Arrived(
                            index,
                            attempt,
                            new WeightVersion(0),
                            new RewardStats(0, 0),
                            partition,
                            List.of(offset),
                            payload(partition, offset));
            };
            log.add(event);
            boolean won = winners.containsKey(index);
            switch (event) {
                case ResultEvent.Unreadable unreadable -> {}
                case ResultEvent.Invalid invalid -> duplicatesExpected += won ? 1 : 0;
                default -> {
                    duplicatesExpected += won ? 1 : 0;
                    winners.putIfAbsent(index, event);
                }
            }
        }

        private static byte[] payload(int partition, long offset) {
            byte[] payload = new byte[PAYLOAD_BYTES];
            payload[0] = (byte) partition;
            payload[1] = (byte) offset;
            payload[2] = (byte) (offset >> 8);
            return payload;
        }

        /** A new process: everything in memory is gone, the topics are not. */
        private void start() {
            StepRecord.Lease open = ledger == null ? null : ledger.openLease();
            StepRecord.Totals totals = ledger == null ? StepRecord.Totals.NONE : ledger.totals();
            ledger = new StepLedger(new Capacity(B, 1000, 1000));
            steps.forEach(ledger::replay);
            assertEquals(open, ledger.openLease(), "seed " + seed);
            assertEquals(totals, ledger.totals(), "seed " + seed);
            collector = new Collector(ledger, PAYLOAD_BYTES_MAX);
            for (int i = 0; i < PARTITIONS; i++) {
                read[i] = 0;
            }
        }

        void live() {
            for (int turn = 0; turn < EVENTS; turn++) {
                switch (random.nextInt(1000)) {
                    case 0 -> start();
                    case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 -> lease();
                    case 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24 -> acknowledge();
                    default -> feed(random.nextInt(PARTITIONS));
                }
            }
        }

        private void feed(int partition) {
            if (read[partition] == logs.get(partition).size()) {
                return;
            }
            ResultEvent event = logs.get(partition).get(read[partition]++);
            fed++;
            switch (collector.accept(event)) {
                case Collected.Abandon abandon ->
                    steps.add(ledger.abandon(abandon.groupIndex(), abandon.lastAttempt(), abandon.cause()));
                case Collected.Reject reject ->
                    steps.add(ledger.reject(
                            reject.result().groupIndex(),
                            reject.result().attempt(),
                            reject.result().partition(),
                            reject.result().offset(),
                            reject.result().reason()));
                case Collected.Won won -> assertInstanceOf(ResultEvent.Arrived.class, event);
                case Collected.Known known -> {}
                case Collected.Duplicate duplicate -> {}
                case Collected.Skipped skipped -> {}
            }
            assertTrue(collector.payloadBytes() <= PAYLOAD_BYTES_MAX);
        }

        private void lease() {
            StepNumber step = ledger.nextStep();
            if (ledger.mayLease(step) instanceof LeaseDecision.SameLease
                    || !(BatchChoice.oldestFirst(collector.finished(), B) instanceof BatchChoice.Ready ready)) {
                return;
            }
            List<ManifestEntry> manifest =
                    ready.groups().stream().map(Finished::manifestEntry).toList();
            assertEquals(B, manifest.size());
            for (int i = 0; i < B; i++) {
                ManifestEntry entry = manifest.get(i);
                assertTrue(i == 0 || manifest.get(i - 1).groupIndex().compareTo(entry.groupIndex()) < 0);
                ResultEvent.Arrived winner =
                        assertInstanceOf(ResultEvent.Arrived.class, winners.get(entry.groupIndex()));
                assertEquals(winner.offsets(), entry.offsets(), "seed " + seed + ": another than the first won");
                byte[] payload = collector.payload(entry);
                if (payload != null) {
                    assertArrayEquals(winner.payload(), payload);
                }
            }
            steps.add(ledger.lease(step, manifest, 1));
        }

        private void acknowledge() {
            StepRecord.Lease open = ledger.openLease();
            if (open == null) {
                return;
            }
            AckDecision.Acknowledged done =
                    assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(open.step(), null, 2));
            steps.add((StepRecord) done.records().getFirst());
            for (GroupIndex index : done.groups()) {
                collector.settled(index);
                assertTrue(acknowledged.add(index), "seed " + seed + ": group " + index + " was trained twice");
            }
        }

        /** Everything that can be done is done, after one more restart; then nothing may be missing. */
        void finish() {
            start();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                while (read[partition] < logs.get(partition).size()) {
                    feed(partition);
                }
            }
            while (ledger.openLease() != null || collector.finished().size() >= B) {
                lease();
                acknowledge();
            }
            long abandoned = 0;
            for (Map.Entry<GroupIndex, ResultEvent> winner : winners.entrySet()) {
                GroupIndex index = winner.getKey();
                boolean waits = collector.finished(index) != null;
                assertEquals(!waits, ledger.isSettled(index), "seed " + seed + " group " + index);
                if (winner.getValue() instanceof ResultEvent.Marker) {
                    abandoned++;
                } else {
                    assertEquals(!waits, acknowledged.contains(index), "seed " + seed + " group " + index);
                }
            }
            assertEquals(acknowledged.size(), ledger.totals().trained());
            assertEquals(abandoned, ledger.totals().abandoned());
            assertEquals(duplicatesExpected, collector.duplicates(), "seed " + seed);
            assertEquals(
                    ledger.rejected(),
                    steps.stream()
                            .filter(StepRecord.Rejection.class::isInstance)
                            .distinct()
                            .count(),
                    "seed " + seed + ": a result was rejected twice");
        }
    }
}
