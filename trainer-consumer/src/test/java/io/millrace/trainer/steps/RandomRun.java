package io.millrace.trainer.steps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.Snapshot.ResultsRead;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.time.EverySoOften;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.collect.TestingResults;
import io.millrace.trainer.decide.AbandonedRow;
import io.millrace.trainer.decide.Decisions;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.decide.Outcome;
import io.millrace.trainer.decide.StepChooser;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.gate.BatchOrder;
import io.millrace.trainer.gate.GateOracle;
import io.millrace.trainer.gate.Groups;
import io.millrace.trainer.gate.OnStale;
import io.millrace.trainer.gate.StalenessGate;
import io.millrace.trainer.journal.Snapshots;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.policy.PolicyDecision;
import io.millrace.trainer.policy.VersionRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A trainer consumer without clients, and the topics that outlive it, driven by a seed. */
final class RandomRun {
    private static final int PARTITIONS = 3;
    private static final int B = 6;
    private static final int SNAPSHOT_RECORDS = 15;
    /** Some are larger. */
    private static final long SNAPSHOT_BYTES_MAX = 2_000;

    /** What stands on one results partition; a part alone comes to nothing. */
    private sealed interface Entry {
        record Part(GroupIndex group) implements Entry {}

        record LastPart(ResultEvent.Result whole) implements Entry {}

        record Whole(ResultEvent event) implements Entry {}
    }

    private final String name;
    private final Random random;
    private final List<List<Entry>> results = new ArrayList<>();
    private final Map<GroupIndex, ResultEvent> winners = new HashMap<>();
    private final List<ControlRecord> topic = new ArrayList<>();
    private final Oracle oracle;
    private long skipsExpected;
    private long appended;

    /** How many steps may be leased behind the one that is acknowledged next. */
    private final int leaseAhead;

    private StepLedger ledger;
    private Snapshots snapshots = snapshots();
    private Collector collector;
    private Intake intake;
    private final long[] read = new long[PARTITIONS];
    /** Where the topic ended when this process started. */
    private final long[] ends = new long[PARTITIONS];
    /** Parts held, by group: the first offset of each result they are of. */
    private final Map<GroupIndex, TreeSet<Long>> held = new HashMap<>();
    /** What stands on the prompts lanes: newer attempts of some groups. */
    private final List<TrainingTask> lanes = new ArrayList<>();
    /** Of which groups. */
    private final Set<GroupIndex> issued = new HashSet<>();
    /** Results that were taken back, by partition and offset of their last record. */
    private final Set<List<Long>> takenBack = new HashSet<>();

    private final int maxStaleness;
    private final StalenessGate gate;
    private final GateOracle gateOracle;
    private StepChooser chooser;
    /** By step, as last leased anew: below which version its tokens are masked. */
    private final Map<StepNumber, Optional<WeightVersion>> masks = new HashMap<>();

    private int masked;
    private int late;
    /** Places of valid results that were rejected, until that is written. */
    private final Set<List<Long>> refused = new HashSet<>();

    /** Every token that was ever given out: some trainer may still hold it. */
    private final List<LeaseToken> tokens = new ArrayList<>();

    private int leasedAhead;
    private int tooFar;
    private int voided;
    private int zombies;
    private int ahead;
    private int versionRestarts;
    private int restarts;
    private int torn;
    private int stale;
    private int announced;
    private int kept;

    RandomRun(int seed) {
        name = "seed " + seed;
        random = new Random(seed);
        oracle = new Oracle(name, B);
        leaseAhead = seed % 3;
        ledger = ledger();
        collector = new Collector(ledger, 0, null);
        intake = intake();
        maxStaleness = 1 + seed % 5;
        boolean mask = seed % 4 < 2;
        gateOracle = new GateOracle(
                maxStaleness,
                seed % 2 == 0 ? OnStale.WAIT : OnStale.DISCARD,
                seed % 3 == 0 ? BatchOrder.COMPLETION_ORDER : BatchOrder.OLDEST_FIRST,
                mask,
                new Capacity(B, 1, 1));
        gate = new StalenessGate(
                maxStaleness,
                seed % 2 == 0 ? OnStale.WAIT : OnStale.DISCARD,
                seed % 3 == 0 ? BatchOrder.COMPLETION_ORDER : BatchOrder.OLDEST_FIRST,
                mask,
                new Capacity(B, 1, 1));
        for (int i = 0; i < PARTITIONS; i++) {
            results.add(new ArrayList<>());
        }
        chooser = new StepChooser(gate, ledger, collector);
        topic.add(Policy.initial());
    }

    private StepLedger ledger() {
        return new StepLedger(new Capacity(B, 1000, 1000), VersionRules.defaults(), leaseAhead);
    }

    private Intake intake() {
        return new Intake(
                this::forgetParts,
                collector,
                new Claims(ledger, 1),
                ledger,
                new FilterChain(List.of(), 1),
                new AbandonedRow(Integer.MAX_VALUE));
    }

    private OptionalLong forgetParts(GroupIndex index) {
        TreeSet<Long> others = held.remove(index);
        return others == null || others.isEmpty() ? OptionalLong.empty() : OptionalLong.of(others.first());
    }

    private void issue(TrainingTask task) {
        lanes.add(task);
        chooser.issued(task);
    }

    int restarts() {
        return restarts;
    }

    long resumes() {
        return ledger.lineage().value();
    }

    int torn() {
        return torn;
    }

    /** How often a step waited for groups that are out, since the bound leaves no room for them after it. */
    int kept() {
        return kept;
    }

    int announced() {
        return announced;
    }

    int stale() {
        return stale;
    }

    void event() {
        int dice = random.nextInt(1000);
        if (dice < 450) {
            append();
        } else if (dice < 920) {
            read(random.nextInt(PARTITIONS));
        } else if (dice < 962) {
            lease();
        } else if (dice < 983) {
            acknowledge();
        } else if (dice < 986) {
            acknowledgeAsAZombie();
        } else if (dice < 993) {
            announce();
        } else if (dice < 995) {
            restart();
        } else if (dice < 997) {
            voidLease();
        } else if (dice < 998) {
            resume(random.nextBoolean() ? ResumeMode.REPLAY : ResumeMode.FRESH);
        } else {
            tear();
        }
    }

    /** After each event. */
    void check() {
        assertEquals(oracle.totals().settled(), ledger.totals().settled(), name);
        assertEquals(oracle.nextStep(), ledger.nextStep(), name);
        assertEquals(oracle.stepsInVersion(), ledger.stepsInVersion(), name);
    }

    private void append() {
        long mean = appended++ / 2;
        GroupIndex index = new GroupIndex(Math.max(0, mean + random.nextInt(40) - 20));
        int partition = (int) (index.value() % PARTITIONS);
        List<Entry> log = results.get(partition);
        long offset = log.size();
        Attempt attempt = new Attempt(1 + random.nextInt(3));
        switch (random.nextInt(24)) {
            case 0 -> {
                ResultEvent marker = new ResultEvent.Marker(index, attempt, "lost", partition, offset);
                log.add(new Entry.Whole(marker));
                winners.putIfAbsent(index, marker);
            }
            case 1, 2 -> {
                log.add(new Entry.Whole(
                        new ResultEvent.Invalid(index, attempt, partition, offset, ResultEvent.Flaw.BLOB, "bad")));
            }
            case 3 -> {
                log.add(new Entry.Whole(
                        new ResultEvent.Unreadable(partition, offset, ResultEvent.Problem.VALUE, "noise")));
                skipsExpected++;
            }
            case 4, 5, 6 -> parted(index, attempt, partition);
            default -> {
                ResultEvent.Result whole = arrived(index, attempt, partition, List.of(offset));
                log.add(new Entry.Whole(whole));
                winners.putIfAbsent(index, whole);
            }
        }
        if (random.nextInt(4) == 0) {
            long version = Math.max(0, ledger.policy().weightVersion().value() - random.nextInt(2));
            issue(Groups.task(index.value(), 1 + random.nextInt(4), version));
            issued.add(index);
        }
        if (random.nextInt(20) == 0) {
            // One that is still to finish, and may be the oldest that a step waits for.
            GroupIndex later = new GroupIndex(mean + random.nextInt(60));
            long version = Math.max(0, ledger.policy().weightVersion().value() - random.nextInt(maxStaleness + 1));
            issue(Groups.task(later.value(), 1, version));
            issued.add(later);
        }
    }

    /** A group in two parts, with others between them. */
    private void parted(GroupIndex index, Attempt attempt, int partition) {
        List<Entry> log = results.get(partition);
        long first = log.size();
        log.add(new Entry.Part(index));
        for (int i = random.nextInt(4); i > 0; i--) {
            // Now and then another result of the same group.
            GroupIndex other = new GroupIndex(index.value() + (long) PARTITIONS * random.nextInt(6));
            ResultEvent.Result whole = arrived(other, new Attempt(1), partition, List.of((long) log.size()));
            log.add(new Entry.Whole(whole));
            winners.putIfAbsent(other, whole);
        }
        ResultEvent.Result whole = arrived(index, attempt, partition, List.of(first, (long) log.size()));
        log.add(new Entry.LastPart(whole));
        winners.putIfAbsent(index, whole);
    }

    /** The first valid thing of the group that was not taken back; and how many things of it came after. */
    private int recount(GroupIndex index) {
        int partition = (int) (index.value() % PARTITIONS);
        int after = 0;
        winners.remove(index);
        for (int offset = 0; offset < results.get(partition).size(); offset++) {
            ResultEvent event = whole(results.get(partition).get(offset));
            boolean invalid = event instanceof ResultEvent.Invalid;
            if (event == null
                    || !index.equals(groupOf(event))
                    || takenBack.contains(List.of((long) partition, (long) offset))) {
                continue;
            }
            if (winners.containsKey(index)) {
                after++;
            } else if (!invalid) {
                winners.put(index, event);
            }
        }
        return after;
    }

    private static @Nullable ResultEvent whole(Entry entry) {
        return switch (entry) {
            case Entry.Whole whole -> whole.event();
            case Entry.LastPart last -> last.whole();
            case Entry.Part part -> null;
        };
    }

    private static @Nullable GroupIndex groupOf(ResultEvent event) {
        return switch (event) {
            case ResultEvent.Result result -> result.group().groupIndex();
            case ResultEvent.Marker marker -> marker.groupIndex();
            case ResultEvent.Invalid invalid -> invalid.groupIndex();
            default -> null;
        };
    }

    private ResultEvent.Result arrived(GroupIndex index, Attempt attempt, int partition, List<Long> offsets) {
        // Now and then of weights ahead of the policy: pushed and not announced, or of a future that was given up.
        long ahead = random.nextInt(6) == 0 ? random.nextInt(4) : 0;
        long newest = ledger.policy().weightVersion().value() + ahead;
        long version = Math.max(0, newest - random.nextInt(3));
        long lineage = Math.max(0, ledger.lineage().value() - random.nextInt(2));
        return TestingResults.result(
                index,
                attempt,
                new Lineage(lineage),
                new WeightVersion(version),
                new WeightVersion(Math.min(newest, version + random.nextInt(2))),
                partition,
                offsets);
    }

    /** One record, or several of those that were there before this process: who starts reads faster than what comes. */
    private void read(int partition) {
        int records = read[partition] < ends[partition] ? 20 : 1;
        for (int i = 0; i < records; i++) {
            feed(partition);
        }
    }

    private void feed(int partition) {
        if (read[partition] == results.get(partition).size()) {
            return;
        }
        long offset = read[partition]++;
        ResultEvent event = parsed(results.get(partition).get((int) offset), partition, offset);
        if (event == null) {
            return;
        }
        decided(intake.accept(event, reason -> letter(partition, offset, reason)));
    }

    private static DeadLetter letter(int partition, long offset, String reason) {
        return new DeadLetter.Unreadable("results", partition, offset, "trainer", reason, 0, "");
    }

    /** Looks at what became of results before it is written. */
    private void decided(Decisions decisions) {
        for (Outcome outcome : decisions.outcomes()) {
            switch (outcome) {
                case Outcome.GroupFinished finished -> {
                    if (collector.finished(finished.group().groupIndex()) != null) {
                        oracle.checkKnown(finished.group().newestVersion());
                    }
                }
                case Outcome.GroupDiscarded discarded -> {
                    assertFalse(discarded.reason().isEmpty(), name);
                    stale += discarded.reason().equals(StepChooser.STALE) ? 1 : 0;
                }
                case Outcome.GroupAbandoned abandoned ->
                    assertInstanceOf(ResultEvent.Marker.class, winners.get(abandoned.groupIndex()), name);
                case Outcome.ResultRejected(ResultEvent.Invalid rejected) -> {
                    if (rejected.flaw() == ResultEvent.Flaw.AHEAD) {
                        refused.add(List.of((long) rejected.partition(), rejected.offset()));
                        ahead++;
                    }
                }
                case Outcome.ResultTakenBack back -> {
                    refused.add(List.of(
                            (long) back.group().partition(),
                            back.group().offsets().getLast()));
                    late++;
                }
                case Outcome.ResultRepeated repeated -> assertTrue(winners.containsKey(repeated.groupIndex()), name);
                case Outcome.ResultMissing missing -> throw new AssertionError(name + ": no receipt is read here");
                case Outcome.RecordSkipped skipped -> {}
            }
        }
        write(decisions.records());
    }

    /** As the parser does: parts of a group that has won are not held, the last of them stands for the result. */
    private @Nullable ResultEvent parsed(Entry entry, int partition, long offset) {
        return switch (entry) {
            case Entry.Whole whole -> whole.event();
            case Entry.Part part -> {
                if (collector.hasWon(part.group())) {
                    yield new ResultEvent.PartPassed(part.group(), partition, offset);
                }
                held.computeIfAbsent(part.group(), index -> new TreeSet<>()).add(offset);
                yield null;
            }
            case Entry.LastPart last -> {
                if (collector.hasWon(last.whole().group().groupIndex())) {
                    yield new ResultEvent.PartsRepeated(
                            last.whole().group().groupIndex(),
                            last.whole().group().attempt(),
                            partition,
                            offset);
                }
                TreeSet<Long> firsts =
                        held.computeIfAbsent(last.whole().group().groupIndex(), index -> new TreeSet<>());
                if (firsts.remove(last.whole().group().offsets().getFirst())) {
                    yield last.whole();
                }
                assertTrue(
                        ledger.isRejected(
                                last.whole().group().groupIndex(),
                                last.whole().group().attempt(),
                                partition,
                                offset),
                        name + ": the first part was not read again");
                // Never becomes whole; held until its group has won.
                firsts.add(offset);
                yield null;
            }
        };
    }

    /** Not staler than the bound, over the tokens that are not masked, of which there is at least one. */
    private void assertFresh(ResultEvent.Result winner) {
        WeightVersion version = ledger.policy().weightVersion();
        WeightVersion oldest = StalenessFigures.unmasked(winner.group().oldestVersion(), gate.maskBelow(version));
        masked += oldest.equals(winner.group().oldestVersion()) ? 0 : 1;
        assertTrue(oldest.compareTo(winner.group().newestVersion()) <= 0, name + ": a group with every token masked");
        long staleness = version.value() - oldest.value();
        assertTrue(staleness <= maxStaleness, name + ": a group of staleness " + staleness);
        assertTrue(
                winner.group().newestVersion().compareTo(version) <= 0, name + ": a group from the future is trained");
    }

    int masked() {
        return masked;
    }

    /** One of the steps that are open, or due, or too far ahead. */
    private void lease() {
        lease(new StepNumber(
                ledger.nextStep().value() + random.nextInt(oracle.open().size() + 2)));
    }

    private void lease(StepNumber step) {
        int open = oracle.open().size();
        switch (ledger.mayLease(step)) {
            case LeaseDecision.SameLease same -> assertEquals(oracle.open(step), same.lease(), name);
            case LeaseDecision.WrongStep wrong -> {
                long behind = step.value() - oracle.nextStep().value();
                assertTrue(behind > open || behind > leaseAhead, name + ": " + wrong);
                tooFar++;
            }
            case LeaseDecision.MayReplay replay -> {
                StepRecord.Lease lease = ledger.leaseRecorded(LeaseId.draw(random), 1);
                assertEquals(masks.get(step), Optional.ofNullable(lease.maskBelow()), name + ": another mask");
                write(List.of(lease));
            }
            case LeaseDecision.MayLease may -> {
                if (!caughtUp()) {
                    // What was passed over is known only then.
                    return;
                }
                decided(chooser.discardStale());
                BatchChoice choice = chooser.choose();
                assertEquals(
                        gateOracle.choose(
                                collector.finished(),
                                lanes,
                                ledger.openLeases().groups(),
                                ledger,
                                ledger.totals().lowWaterMark(),
                                ledger.policy().weightVersion(),
                                ledger.stepsTaken()),
                        choice,
                        name);
                kept += choice instanceof BatchChoice.Held ? 1 : 0;
                if (choice instanceof BatchChoice.Ready ready) {
                    for (FinishedGroup group : ready.groups()) {
                        ResultEvent.Result winner =
                                assertInstanceOf(ResultEvent.Result.class, winners.get(group.groupIndex()), name);
                        assertEquals(winner.group().offsets(), group.offsets(), name + ": another than the first won");
                        assertFalse(oracle.isLost(winner.group()), name + ": a group of a future that was given up");
                        assertFresh(winner);
                    }
                    WeightVersion below = chooser.maskBelow();
                    masks.put(step, Optional.ofNullable(below));
                    leasedAhead += open > 0 ? 1 : 0;
                    write(List.of(ledger.lease(
                            step,
                            ready.groups().stream()
                                    .map(FinishedGroup::manifestEntry)
                                    .toList(),
                            below,
                            LeaseId.draw(random),
                            1)));
                }
            }
            default -> throw new AssertionError(name + ": " + ledger.mayLease(step));
        }
    }

    int late() {
        return late;
    }

    private void acknowledge() {
        StepRecord.Lease open = ledger.openLease();
        if (open == null) {
            return;
        }
        List<StepRecord.Lease> leases = oracle.open();
        if (leases.size() > 1 && random.nextInt(3) == 0) {
            AckDecision early = ledger.acknowledge(leases.getLast().token(), null, null, 2);
            assertInstanceOf(AckDecision.Refused.class, early, name + ": acknowledged out of order");
            assertEquals(leases, ledger.openLeases().all(), name);
        }
        WeightVersion version =
                random.nextInt(3) == 0 ? null : ledger.policy().word().next();
        AckDecision.Acknowledged done = assertInstanceOf(
                AckDecision.Acknowledged.class, ledger.acknowledge(open.token(), version, null, 2), name);
        done.groups().forEach(collector::settled);
        write(withSnapshot(done.records()));
    }

    /** A trainer that was away, or was replaced, says that it has trained whatever it was given once. */
    private void acknowledgeAsAZombie() {
        StepRecord.Lease open = ledger.openLease();
        LeaseToken token = tokens.isEmpty() ? null : tokens.get(random.nextInt(tokens.size()));
        if (token == null
                || oracle.open().stream().anyMatch(lease -> lease.token().equals(token))) {
            return;
        }
        zombies++;
        WeightVersion before = ledger.policy().weightVersion();
        WeightVersion version = random.nextBoolean() ? null : new WeightVersion(before.value() + 1);
        AckDecision decision = ledger.acknowledge(token, version, null, 2);
        if (!token.lineage().equals(ledger.lineage())) {
            assertInstanceOf(AckDecision.Refused.class, decision, name);
        }
        assertFalse(decision instanceof AckDecision.Acknowledged, name + ": an old token settles a step");
        assertEquals(open, ledger.openLease(), name);
        assertEquals(before, ledger.policy().weightVersion(), name);
    }

    /** Groups of an open step cannot be read back: it and those behind it are leased anew. */
    private void voidLease() {
        List<StepRecord.Lease> leases = oracle.open();
        if (leases.isEmpty()) {
            return;
        }
        StepNumber step = leases.get(random.nextInt(leases.size())).step();
        if (ledger.isReplayed(step)) {
            return;
        }
        voided++;
        write(List.of(ledger.voidLease(step, "unreadable")));
    }

    int leasedAhead() {
        return leasedAhead;
    }

    int tooFar() {
        return tooFar;
    }

    int voided() {
        return voided;
    }

    int zombies() {
        return zombies;
    }

    /** An update or a pause begins, or ends with the version before or the next one. */
    private void announce() {
        List<Policy.State> states = List.of(Policy.State.READY, Policy.State.UPDATING, Policy.State.PAUSED);
        Policy.State state = states.get(random.nextInt(states.size()));
        WeightVersion version = state == Policy.State.READY && random.nextBoolean()
                ? next(ledger.policy().word())
                : null;
        switch (ledger.announce(new Announcement(ledger.lineage(), state, version), 4)) {
            case PolicyDecision.Changed changed -> {
                announced++;
                write(List.of(changed.policy()));
            }
            case PolicyDecision.Restarted restarted -> {
                versionRestarts++;
                open(ledger.restart(restarted.words()));
            }
            default -> {}
        }
    }

    /** What a trainer calls its next version: mostly one more, now and then it has begun to count anew. */
    private WeightVersion next(WeightVersion word) {
        return random.nextInt(4) == 0
                ? new WeightVersion(random.nextLong(word.value() + 1))
                : new WeightVersion(word.value() + 1 + random.nextInt(2));
    }

    int ahead() {
        return ahead;
    }

    int versionRestarts() {
        return versionRestarts;
    }

    private void resume(ResumeMode mode) {
        StepNumber step = new StepNumber(Math.max(0, ledger.nextStep().value() - random.nextInt(8)));
        open(assertInstanceOf(
                ResumeDecision.MayResume.class,
                ledger.mayResume(step, mode, ledger.lineage().next()),
                name));
    }

    private void open(ResumeDecision.MayResume may) {
        List<StepHistory.Kept> recorded = history().steps(may.step(), may.recordedBefore());
        WeightVersion before = ledger.policy().weightVersion();
        List<ControlRecord> records = new ArrayList<>(ledger.resume(may, recorded, 3));
        if (may.restarted() == null) {
            assertEquals(Policy.State.UPDATING, ledger.policy().state(), name);
        } else {
            assertEquals(before, ledger.policy().weightVersion(), name + ": the weights do not go on");
        }
        records.addAll(intake.discardLost().records());
        write(withSnapshot(records));
    }

    private StepHistory history() {
        StepHistory history = new StepHistory(ledger.lineage());
        for (ControlRecord record : topic) {
            if (record instanceof StepRecord step) {
                history.add(step);
            }
        }
        return history;
    }

    private List<ControlRecord> withSnapshot(List<ControlRecord> records) {
        return caughtUp() ? snapshots.behind(records, ledger, this::snapshot) : records;
    }

    private static Snapshots snapshots() {
        return new Snapshots(
                SNAPSHOT_RECORDS,
                SNAPSHOT_BYTES_MAX,
                new EverySoOften(Duration.ofMinutes(5), new ManualTicker()),
                () -> {});
    }

    private StepRecord.Snapshot snapshot() {
        Map<Integer, Long> finished = collector.neededFrom();
        List<ResultsRead> reads = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            int partition = i;
            long parts = held.entrySet().stream()
                    .filter(entry -> entry.getKey().value() % PARTITIONS == partition)
                    .flatMap(entry -> entry.getValue().stream())
                    .mapToLong(Long::longValue)
                    .min()
                    .orElse(read[i]);
            reads.add(new ResultsRead(i, Math.min(parts, finished.getOrDefault(i, read[i])), read[i]));
        }
        return ledger.snapshot(reads, 0, collector.duplicates());
    }

    private boolean caughtUp() {
        for (int i = 0; i < PARTITIONS; i++) {
            if (read[i] < ends[i]) {
                return false;
            }
        }
        return true;
    }

    private boolean tearNext;

    /** The next transaction fails; whether it stands is unknown to the process, which reads the topics again. */
    private void tear() {
        tearNext = true;
    }

    private void write(List<ControlRecord> records) {
        if (records.isEmpty()) {
            return;
        }
        boolean stands = !tearNext || random.nextBoolean();
        if (stands) {
            records.stream().filter(record -> !(record instanceof DeadLetter)).forEach(topic::add);
            records.stream()
                    .filter(StepRecord.Lease.class::isInstance)
                    .forEach(lease -> tokens.add(((StepRecord.Lease) lease).token()));
            records.forEach(oracle::take);
            for (ControlRecord record : records) {
                if (record instanceof StepRecord.Rejection rejection
                        && refused.contains(List.of((long) rejection.partition(), rejection.offset()))) {
                    takenBack.add(List.of((long) rejection.partition(), rejection.offset()));
                    recount(rejection.groupIndex());
                }
            }
        }
        refused.clear();
        if (tearNext) {
            tearNext = false;
            torn++;
            restart();
        }
    }

    /** Everything in memory is gone, the topics are not. */
    private void restart() {
        restarts++;
        int from = random.nextBoolean() ? 0 : Math.max(0, lastSnapshot());
        ledger = ledger();
        snapshots = snapshots();
        Policy policy = Policy.initial();
        for (int i = 0; i < topic.size(); i++) {
            if (topic.get(i) instanceof Policy last) {
                policy = last;
            } else if (i >= from) {
                ledger.fold((StepRecord) topic.get(i));
            }
        }
        ledger.fold(policy);
        assertEquals(oracle.totals(), ledger.totals(), name);
        assertEquals(oracle.open(), ledger.openLeases().all(), name);
        if (ledger.isReplaying()) {
            ledger.recorded(history().steps(ledger.nextStep(), ledger.recordedBefore()));
        }
        StepRecord.Snapshot snapshot = ledger.lastSnapshot();
        collector = new Collector(ledger, 0, snapshot);
        held.clear();
        intake = intake();
        chooser = new StepChooser(gate, ledger, collector);
        lanes.forEach(chooser::issued);
        for (int i = 0; i < PARTITIONS; i++) {
            ends[i] = results.get(i).size();
            read[i] = 0;
        }
        if (snapshot != null) {
            snapshot.results().forEach(reads -> read[reads.partition()] = reads.from());
        }
    }

    private int lastSnapshot() {
        for (int i = topic.size() - 1; i >= 0; i--) {
            if (topic.get(i) instanceof StepRecord.Snapshot) {
                return i;
            }
        }
        return -1;
    }

    private void feedAll() {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            while (read[partition] < results.get(partition).size()) {
                feed(partition);
            }
        }
    }

    /** What is out would be waited for, and nothing comes any more. */
    private void giveUpWhatIsOut() {
        for (GroupIndex index : issued) {
            if (!ledger.isSettled(index) && collector.finished(index) == null) {
                int partition = (int) (index.value() % PARTITIONS);
                List<Entry> log = results.get(partition);
                ResultEvent marker = new ResultEvent.Marker(index, new Attempt(9), "given up", partition, log.size());
                log.add(new Entry.Whole(marker));
                winners.putIfAbsent(index, marker);
            }
        }
        feedAll();
    }

    /** Everything that can be done is done, after one more restart; then nothing may be missing. */
    void drain() {
        tearNext = false;
        restart();
        feedAll();
        while (ledger.openLease() != null
                || ledger.isReplaying()
                || collector.finished().size() >= B) {
            giveUpWhatIsOut();
            lease(ledger.nextStep());
            if (ledger.openLease() == null) {
                // What has finished is of weights that are not announced.
                WeightVersion next = ledger.policy().word().next();
                if (ledger.announce(new Announcement(ledger.lineage(), Policy.State.READY, next), 4)
                        instanceof PolicyDecision.Changed changed) {
                    write(List.of(changed.policy()));
                }
            }
            acknowledge();
            check();
        }
        winners.forEach((index, winner) ->
                assertEquals(collector.finished(index) == null, ledger.isSettled(index), name + " group " + index));
        int duplicatesExpected = 0;
        for (long index = 0; index < appended / 2 + 200; index++) {
            duplicatesExpected += recount(new GroupIndex(index));
        }
        assertEquals(duplicatesExpected, collector.duplicates(), name + ": duplicates");
        assertEquals(skipsExpected, ledger.skipped(), name + ": skips");
        oracle.checkRejections(ledger.rejected());
    }
}
