package io.millrace.producer.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.record.AttemptHistory.Kind;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.producer.ledger.account.TrimmedTopic;
import io.millrace.producer.ledger.group.Issue;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A ledger in a made-up world ({@link ModelRun}), which it reads topic by topic at any pace, with its own freezes,
 * restarts and commits of unknown outcome. Whatever happens: counts add up after each event, nothing that a living worker
 * names is issued again, nobody is found lost within the timeout after a gap, limits hold, admission's bound holds, and
 * in the end every group is settled.
 */
class LedgerRandomRunTest {
    private static final int RUNS = 24;
    private static final int TICKS = 6_000;
    private static final long WORKER_TIMEOUT_MS = 10_000;
    private static final RecoveryLimits LIMITS = new RecoveryLimits(3, 4, WORKER_TIMEOUT_MS, 30_000);

    /** A pause up to this long may fall between two heartbeats. */
    private static final long UNNOTICED_MS = 4_500;

    /** Groups published and neither discarded, abandoned nor trained. */
    private static final int BOUND = 64;

    private static final Capacity CAPACITY = new Capacity(8, 7, 1);

    @Test
    void whateverDiesEveryPublishedGroupIsSettledAndNoneIsIssuedAgainThatIsInGoodHands() {
        long events = 0;
        long takenBack = 0;
        Map<Kind, Long> over = new EnumMap<>(Kind.class);
        for (long seed = 0; seed < RUNS; seed++) {
            Drive drive = new Drive(seed, over);
            drive.run();
            events += drive.events;
            takenBack += drive.world.takenBack;
        }
        assertTrue(events >= 500_000 && takenBack > 100, events + " events, " + takenBack + " results taken back");
        for (Kind kind : Kind.values()) {
            assertTrue(over.getOrDefault(kind, 0L) > 10, () -> "hardly any attempt ended so: " + kind + " in " + over);
        }
    }

    private static final class Drive {
        private final ModelRun world;
        private final Random random;
        private final Map<Kind, Long> over;
        private final long seed;
        private final Map<Long, Long> namedReadMs = new HashMap<>();
        private Ledger ledger = new Ledger(GroupKind.TRAINING, new Reissues(LIMITS));
        private Liveness liveness = new Liveness(Duration.ofSeconds(2), Duration.ofSeconds(2));
        private int receiptsRead;
        private int workersRead;
        private int stepsRead;
        private long heartbeat;
        private long nextHeartbeatMs;
        private long frozenUntilMs;
        private long gapMs;
        private final long[] stalledUntilMs = new long[3];
        private long lastTurnMs;
        private final Map<Long, Long> abandoned = new HashMap<>();
        long events;

        Drive(long seed, Map<Kind, Long> over) {
            this.seed = seed;
            this.over = over;
            world = new ModelRun(seed, 5);
            random = new Random(~seed);
        }

        private String where() {
            return "seed " + seed + " at " + world.nowMs + " ms";
        }

        void run() {
            for (int i = 0; i < TICKS; i++) {
                world.tick();
                turn(true);
            }
            world.calm = true;
            for (int i = 0; i < 4_000 && world.totals.settled() < world.prompts.size(); i++) {
                world.tick();
                turn(false);
            }
            readAll();
            assertEquals(world.prompts.size(), world.totals.settled(), where() + ": " + ledger.counts());
            assertEquals(0, ledger.counts().unsettled(), where());
            assertEquals(world.totals, ledger.totals(), where());
            for (TrimmedTopic topic : TrimmedTopic.values()) {
                int size = switch (topic) {
                    case TRAINING -> world.prompts.size();
                    case URGENT -> world.urgent.size();
                    case RECEIPTS -> world.receipts.size();
                    case EVALUATION, PARTIALS -> 0;
                };
                assertEquals(size, ledger.neededFrom(topic), where() + " " + topic);
            }
        }

        private void turn(boolean rough) {
            if (world.nowMs - lastTurnMs > UNNOTICED_MS) {
                gapMs = world.nowMs;
            }
            if (rough && random.nextInt(1_500) == 0) {
                frozenUntilMs = world.nowMs + random.nextInt(30_000);
            }
            if (world.nowMs < frozenUntilMs) {
                return;
            }
            if (world.brokerThere()) {
                lastTurnMs = world.nowMs;
            }
            if (rough && random.nextInt(800) == 0 && world.brokerThere()) {
                restart();
            }
            if (world.brokerThere()) {
                read(rough);
                for (Lane lane : Lane.of(GroupKind.TRAINING)) {
                    if (random.nextInt(10) == 0) {
                        ledger.queueStart(lane, world.taken(lane), world.nowMs);
                        event();
                    }
                }
            }
            if (!liveness.turn(world.nowMs)) {
                nextHeartbeatMs = 0;
            }
            if (world.brokerThere()) {
                if (world.nowMs >= nextHeartbeatMs) {
                    nextHeartbeatMs = world.nowMs + 2_000;
                    heartbeat++;
                    liveness.sent(heartbeat, world.nowMs);
                    world.workers.add(new ModelRun.Said(null, heartbeat));
                }
                recover(rough);
                if (rough) {
                    admit();
                }
            }
        }

        /** Each topic gets its share, sometimes none for a while; the rest waits. */
        private void read(boolean rough) {
            for (int i = pace(0, rough); i > 0 && receiptsRead < world.receipts.size(); i--, receiptsRead++) {
                ledger.receipt(world.receipts.get(receiptsRead), receiptsRead, world.nowMs);
                event();
            }
            for (int i = pace(1, rough); i > 0 && workersRead < world.workers.size(); i--, workersRead++) {
                said(world.workers.get(workersRead));
            }
            for (int i = pace(2, rough); i > 0 && stepsRead < world.steps.size(); i--, stepsRead++) {
                ledger.step(world.steps.get(stepsRead));
                event();
            }
        }

        private int pace(int topic, boolean rough) {
            if (rough && random.nextInt(400) == 0) {
                stalledUntilMs[topic] = world.nowMs + random.nextInt(9_000);
            }
            return rough && world.nowMs < stalledUntilMs[topic] ? 0 : random.nextInt(40);
        }

        private void said(ModelRun.Said said) {
            if (said.status() == null) {
                liveness.readBack(said.heartbeat(), world.nowMs);
            } else {
                ledger.workerStatus(said.status(), world.nowMs);
                said.status()
                        .groups()
                        .forEach(held -> namedReadMs.put(
                                held.groupIndex().value() * 1_000
                                        + held.attempt().value(),
                                world.nowMs));
            }
            event();
        }

        private void readAll() {
            for (; receiptsRead < world.receipts.size(); receiptsRead++) {
                ledger.receipt(world.receipts.get(receiptsRead), receiptsRead, world.nowMs);
            }
            for (; workersRead < world.workers.size(); workersRead++) {
                said(world.workers.get(workersRead));
            }
            for (; stepsRead < world.steps.size(); stepsRead++) {
                ledger.step(world.steps.get(stepsRead));
            }
        }

        /** All is forgotten and read again, what a trimmed topic no longer has left out. */
        private void restart() {
            long promptsFrom = ledger.neededFrom(TrimmedTopic.TRAINING);
            long urgentFrom = ledger.neededFrom(TrimmedTopic.URGENT);
            ledger = new Ledger(GroupKind.TRAINING, new Reissues(LIMITS));
            liveness = new Liveness(Duration.ofSeconds(2), Duration.ofSeconds(2));
            gapMs = world.nowMs;
            stepsRead = 0;
            for (int i = 0; i < world.steps.size(); i++) {
                stepsRead = world.steps.get(i) instanceof StepRecord.Snapshot ? i : stepsRead;
            }
            for (; stepsRead < world.steps.size(); stepsRead++) {
                ledger.step(world.steps.get(stepsRead));
            }
            for (int i = (int) promptsFrom; i < world.prompts.size(); i++) {
                ledger.published(Lane.TRAINING, world.prompts.get(i), i, world.nowMs);
            }
            for (int i = (int) urgentFrom; i < world.urgent.size(); i++) {
                assertTrue(ledger.published(Lane.URGENT, world.urgent.get(i), i, world.nowMs), where());
            }
            receiptsRead = 0;
            workersRead = Math.max(0, world.workers.size() - 50);
            readAll();
            events++;
        }

        private void recover(boolean rough) {
            ledger.doubtful(liveness, world.nowMs);
            List<Decision> due = ledger.due(liveness, world.nowMs, 1 + random.nextInt(20));
            if (due.isEmpty()) {
                return;
            }
            due.forEach(this::check);
            boolean answered = !rough || random.nextInt(30) > 0;
            if (answered || random.nextBoolean()) {
                due.forEach(this::publish);
            }
            if (!answered) {
                restart();
            }
        }

        private void check(Decision decision) {
            long index = decision.group().value();
            Issue issue = ledger.issue(decision.group());
            assertNotNull(issue, where());
            long attempt = issue.attempt().value();
            assertFalse(ledger.isSettled(decision.group()), where());
            if (decision.kind() == Kind.LOST || decision.kind() == Kind.DEADLINE) {
                assertTrue(world.nowMs - gapMs >= WORKER_TIMEOUT_MS, where() + ": judged " + decision + " after a gap");
            }
            if (decision.kind() == Kind.LOST) {
                Long read = namedReadMs.get(index * 1_000 + attempt);
                assertTrue(read == null || world.nowMs - read >= WORKER_TIMEOUT_MS, where() + ": named just now");
                assertTrue(world.heldWellForMs(index, attempt) < 8_000, where() + ": in good hands " + decision);
            }
            if (decision instanceof Decision.Reissue again) {
                assertEquals(attempt + 1, again.attempt().value(), where());
                assertTrue(again.history().failures() < LIMITS.maxAttempts(), where());
                assertTrue(again.history().losses() < LIMITS.maxLosses(), where());
                assertEquals(
                        attempt,
                        again.history().failures()
                                + again.history().losses()
                                + again.history().handBacks(),
                        where());
            }
        }

        private void publish(Decision decision) {
            long index = decision.group().value();
            over.merge(decision.kind(), 1L, Long::sum);
            if (decision instanceof Decision.Reissue again) {
                TrainingTask task = Events.task(index, again.attempt().value(), again.history());
                world.urgent.add(task);
                ledger.published(Lane.URGENT, task, world.urgent.size() - 1, world.nowMs);
            } else {
                long number = ((Decision.Abandon) decision).number().value();
                long before = abandoned.getOrDefault(index, 0L);
                assertTrue(number > before || (number == before && world.untold.contains(index)), where());
                abandoned.put(index, number);
                world.giveUp(index, number);
                ledger.givingUp(decision.group(), new Attempt(number), world.nowMs);
            }
            event();
        }

        private void admit() {
            StepRecord.Totals known = ledger.totals();
            while (world.prompts.size()
                    < CAPACITY.admissibleUpTo(known.trained(), known.discarded(), known.abandoned())) {
                TrainingTask task = Events.task(world.prompts.size());
                world.prompts.add(task);
                ledger.published(Lane.TRAINING, task, world.prompts.size() - 1, world.nowMs);
                event();
            }
            // Exactly full, counted from what the trainer consumer has told so far.
            assertEquals(BOUND, world.prompts.size() - known.settled(), where());
        }

        private void event() {
            events++;
            LedgerCounts counts = ledger.counts();
            assertEquals(world.prompts.size() - ledger.totals().settled(), counts.unsettled(), where());
            assertEquals(ledger.totals().lowWaterMark(), counts.lowWaterMark(), where());
            assertEquals(0, counts.announced(), where());
        }
    }
}
