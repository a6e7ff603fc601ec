package io.millrace.sandbox.model.world;

import static io.millrace.sandbox.model.role.Violation.require;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.StepNumber;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.sandbox.model.role.Bounds;
import io.millrace.sandbox.model.role.Hands;
import io.millrace.sandbox.model.role.ModelConsumer;
import io.millrace.sandbox.model.role.ModelProducer;
import io.millrace.sandbox.model.role.RebuiltLedger;
import io.millrace.sandbox.model.role.Result;
import io.millrace.sandbox.model.role.Topics;
import io.millrace.sandbox.model.role.Violation;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.StepLedger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The invariants. They count from {@code steps} by themselves and share nothing with the ledgers. */
record Checks(Topics topics, Bounds bounds) {
    /** Sorted, whole, and within the bound on staleness in both directions. */
    void leased(StepRecord.Lease lease, StepLedger ledger) {
        List<ManifestEntry> groups = lease.groups();
        require(groups.size() == bounds.batchGroups(), "a step of " + groups.size() + " groups");
        for (int i = 1; i < groups.size(); i++) {
            require(
                    groups.get(i - 1).groupIndex().compareTo(groups.get(i).groupIndex()) < 0,
                    "the groups of a step are out of order: " + groups);
        }
        require(lease.lineage().equals(ledger.lineage()), "a lease of lineage " + lease.lineage());
        for (ManifestEntry entry : groups) {
            long staleness =
                    lease.weightVersion().value() - entry.oldestVersion().value();
            require(
                    staleness >= 0 && staleness <= bounds.maxStaleness(),
                    "group " + entry.groupIndex() + " is leased with staleness " + staleness);
        }
    }

    /** What is trained on was made by weights that the trainer's own future holds, whatever they were called. */
    void fetched(StepRecord.Lease lease) {
        for (ManifestEntry entry : lease.groups()) {
            Result result = topics.results.at(Math.toIntExact(entry.offsets().getFirst()));
            if (!(result instanceof Result.Whole whole)) {
                throw new Violation("a marker is handed over for group " + entry.groupIndex());
            }
            for (Hands.Weights made : List.of(whole.first(), whole.last())) {
                require(
                        made.version().compareTo(lease.weightVersion()) <= 0,
                        "group " + entry.groupIndex() + " has tokens of version " + made.version()
                                + ", the trainer has " + lease.weightVersion());
                for (StepRecord record : topics.steps.all()) {
                    require(
                            !(record instanceof StepRecord.Resume resume)
                                    || made.lineage().compareTo(resume.lineage()) >= 0
                                    || made.version().compareTo(resume.weightVersion()) <= 0
                                    || lease.step().compareTo(resume.replayBefore()) < 0,
                            "group " + entry.groupIndex() + " has tokens of version " + made.version() + " of lineage "
                                    + made.lineage() + ", which was given up");
                }
            }
        }
    }

    /** An acknowledgement ends the lease of whoever was given it, and is answered so only when it stands on record. */
    void acknowledged(
            Event.Trainer trainer, StepRecord.Lease mine, StepRecord.@Nullable Lease open, AckDecision decision) {
        if (decision instanceof AckDecision.Acknowledged) {
            require(
                    mine.equals(open),
                    "trainer " + trainer + " was given " + text(mine) + " and its acknowledgement ended "
                            + (open == null ? "nothing" : text(open)));
        }
        if (decision instanceof AckDecision.AlreadyAcknowledged) {
            boolean stands = topics.steps.all().stream()
                    .anyMatch(record -> record instanceof StepRecord.Acknowledgement ack
                            && mine.token().equals(new LeaseToken(ack.lineage(), ack.step(), ack.leaseId())));
            require(
                    stands,
                    "trainer " + trainer + " is told that " + text(mine)
                            + " is acknowledged, and that is not on record");
        }
    }

    private static String text(StepRecord.Lease lease) {
        return "step " + lease.step() + " of lineage " + lease.lineage() + " with groups "
                + lease.groups().stream().map(ManifestEntry::groupIndex).toList();
    }

    /** The account on {@code steps} is sound, and the trainer consumer knows what a restart would know. */
    void account(ModelConsumer consumer) {
        Set<GroupIndex> settled = settledOnceEach();
        StepLedger ledger = consumer.ledger();
        require(
                ledger.totals().settled() == settled.size(),
                "the trainer consumer counts " + ledger.totals() + ", settled are " + settled);
        for (GroupIndex group : settled) {
            require(ledger.isSettled(group), "group " + group + " is settled, and the trainer consumer does not know");
        }
        sameAfterARestart(consumer);
    }

    /** Producer and trainer consumer agree when both have read everything. */
    void agreement(ModelProducer producer, ModelConsumer consumer) {
        if (producer.hasSteps()) {
            return;
        }
        StepLedger ledger = consumer.ledger();
        StepRecord.Totals totals = producer.ledger().totals();
        require(
                totals.equals(ledger.totals()),
                "the producer counts " + totals + ", the trainer consumer " + ledger.totals());
        for (long index = 0; index < topics.prompts.end(); index++) {
            GroupIndex group = new GroupIndex(index);
            require(
                    producer.ledger().isSettled(group) == ledger.isSettled(group),
                    "producer and trainer consumer disagree whether group " + group + " is settled");
        }
    }

    /** Memory is nowhere ahead of the topics, and a snapshot keeps of it what is still needed. */
    private void sameAfterARestart(ModelConsumer consumer) {
        StepLedger ledger = consumer.ledger();
        String then = known(RebuiltLedger.folded(topics, bounds.capacity()), group -> true, 0);
        String now = known(ledger, group -> true, 0);
        require(now.equals(then), "a restart would come to " + then + " instead of " + now);
        StepRecord.Snapshot snapshot = consumer.snapshot();
        if (snapshot == null) {
            return;
        }
        Predicate<GroupIndex> unsettled = group -> !ledger.isSettled(group);
        long from = snapshot.results().getFirst().from();
        then = known(RebuiltLedger.restored(topics, bounds.capacity(), snapshot), unsettled, from);
        now = known(ledger, unsettled, from);
        require(now.equals(then), "a restart from a snapshot would come to " + then + " instead of " + now);
    }

    /**
     * What a ledger knows: the account, the trainer's checkpoint, which groups are settled, and of each attempt whether it
     * is over and for which places a result of it was rejected.
     *
     * @param of whose attempts count
     * @param from the first place of the results that is read again
     */
    private String known(StepLedger ledger, Predicate<GroupIndex> of, long from) {
        StringBuilder out = new StringBuilder();
        RebuiltLedger.describe(ledger, out);
        out.append(" checkpoint ").append(ledger.checkpoint());
        out.append(" rejected ").append(ledger.rejected());
        for (long index = 0; index < topics.prompts.end(); index++) {
            if (ledger.isSettled(new GroupIndex(index))) {
                out.append(" g").append(index).append(" is settled");
            }
        }
        attempts(Lane.TRAINING, ledger, of, from, out);
        attempts(Lane.URGENT, ledger, of, from, out);
        return out.toString();
    }

    private void attempts(Lane lane, StepLedger ledger, Predicate<GroupIndex> of, long from, StringBuilder out) {
        long end = topics.results.end() + (long) bounds.tailLosses() * bounds.tailRecords();
        for (TrainingTask task : topics.lane(lane).all()) {
            GroupIndex group = task.groupIndex();
            Attempt attempt = task.attempt();
            if (!of.test(group)) {
                continue;
            }
            if (ledger.isOver(group, attempt)) {
                out.append(" g").append(group).append('a').append(attempt).append(" is over");
            }
            for (long offset = from; offset < end; offset++) {
                if (ledger.isRejected(group, attempt, 0, offset)) {
                    out.append(" g").append(group).append('a').append(attempt);
                    out.append(" is rejected at ").append(offset);
                }
            }
        }
    }

    /** Of the whole account: no group has two ends, and none is in two steps of the training as it stands. */
    private Set<GroupIndex> settledOnceEach() {
        Set<GroupIndex> settled = new HashSet<>();
        TreeMap<StepNumber, List<GroupIndex>> trained = new TreeMap<>();
        Map<GroupIndex, StepNumber> stepOf = new HashMap<>();
        StepRecord.@Nullable Lease open = null;
        StepNumber replayBefore = new StepNumber(0);
        for (StepRecord record : topics.steps.all()) {
            switch (record) {
                case StepRecord.Lease lease -> open = lease;
                case StepRecord.Acknowledgement ack -> {
                    require(open != null && open.step().equals(ack.step()), "an acknowledgement of no open step");
                    List<GroupIndex> groups = open == null
                            ? List.of()
                            : open.groups().stream()
                                    .map(ManifestEntry::groupIndex)
                                    .toList();
                    boolean again = ack.step().compareTo(replayBefore) < 0;
                    for (GroupIndex group : groups) {
                        StepNumber before = stepOf.put(group, ack.step());
                        require(
                                before == null || before.equals(ack.step()),
                                "group " + group + " is trained twice, in steps " + before + " and " + ack.step());
                        require(again != settled.add(group), "group " + group + " has two ends");
                    }
                    trained.put(ack.step(), groups);
                    open = null;
                }
                case StepRecord.Discard discard ->
                    require(settled.add(discard.groupIndex()), "group " + discard.groupIndex() + " has two ends");
                case StepRecord.Abandonment abandonment ->
                    require(
                            settled.add(abandonment.groupIndex()),
                            "group " + abandonment.groupIndex() + " has two ends");
                case StepRecord.Resume resume -> {
                    open = null;
                    replayBefore = resume.replayBefore();
                    trained.tailMap(resume.step(), true).values().forEach(groups -> groups.forEach(stepOf::remove));
                    trained.tailMap(resume.step(), true).clear();
                }
                default -> {}
            }
        }
        return settled;
    }
}
