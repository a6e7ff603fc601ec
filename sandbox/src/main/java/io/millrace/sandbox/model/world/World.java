package io.millrace.sandbox.model.world;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.topics.Lane;
import io.millrace.producer.ledger.Decision;
import io.millrace.producer.ledger.group.Issue;
import io.millrace.sandbox.model.role.Bounds;
import io.millrace.sandbox.model.role.Hands;
import io.millrace.sandbox.model.role.Hands.HeldAttempt;
import io.millrace.sandbox.model.role.Hands.Weights;
import io.millrace.sandbox.model.role.Log;
import io.millrace.sandbox.model.role.ModelConsumer;
import io.millrace.sandbox.model.role.ModelProducer;
import io.millrace.sandbox.model.role.Mutation;
import io.millrace.sandbox.model.role.Topics;
import io.millrace.sandbox.model.world.Event.Trainer;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.ResumeMode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/*
 * How time is modelled: not at all, but for the one thing that it decides. Of every group that has left its queue it may
 * be that no status names it for the timeout: if nobody holds it, that will come about; if a worker does, that worker was
 * silent, which the bounds allow so often. The producer's clock then moves by the timeout, and the decision about that one
 * group counts; timers of groups are independent, so no order of decisions is left out.
 *
 * How the share groups are modelled: as the position up to which a lane was claimed. Claiming and entering the group in
 * the in-flight table is one event, since between them Kafka itself gives the task to another worker.
 */

/** One state of the run, and what can happen next. Built from nothing by {@link #apply}; not thread-safe. */
public final class World {
    private final Bounds bounds;
    private final Mutation mutation;
    private final Topics topics = new Topics();
    private final Hands hands;
    private final Map<Trainer, StepRecord.Lease> leases = new EnumMap<>(Trainer.class);
    /** Who has got the batch of its lease. */
    private final Set<Trainer> fetched = EnumSet.noneOf(Trainer.class);

    private final Checks checks;
    private ModelProducer producer;
    private ModelConsumer consumer;
    /** What the engines serve. */
    private Weights engines = new Weights(new Lineage(0), new WeightVersion(0));
    /** Whose lineage the run is in. */
    private Trainer live = Trainer.A;

    /** Whether the trainer consumer may have decided something with the last event, written or not. */
    private boolean decided;

    private final Mishaps mishaps;

    public World(Bounds bounds, Mutation mutation) {
        this.bounds = bounds;
        this.mutation = mutation;
        this.mishaps = new Mishaps(bounds);
        this.hands = new Hands(topics);
        topics.policy.append(Policy.initial());
        this.producer = new ModelProducer(topics, bounds, mutation);
        this.consumer = new ModelConsumer(topics, bounds, mutation);
        this.checks = new Checks(topics, bounds);
    }

    /** Everything that can happen now; some of it may come to nothing. */
    public List<Event> enabled() {
        List<Event> events = new ArrayList<>();
        ofWorkers(events);
        ofProducer(events);
        ofConsumer(events);
        ofTrainers(events);
        faults(events);
        return events;
    }

    private void ofWorkers(List<Event> events) {
        for (HeldAttempt key : hands.keys()) {
            if (hands.hasPublished(key)) {
                events.add(new Event.PublishReceipt(key.group(), key.attempt()));
            } else if (hands.hasBegun(key)) {
                events.add(new Event.PublishResult(key.group(), key.attempt()));
            } else if (mayGenerate(key)) {
                events.add(new Event.Generate(key.group(), key.attempt()));
            }
            if (mishaps.mayHappen(Mishaps.Kind.DEATH)) {
                events.add(new Event.Die(key.group(), key.attempt()));
            }
        }
        if (hands.size() < bounds.slots()) {
            for (Lane lane : Lane.of(GroupKind.TRAINING)) {
                if (topics.claimed(lane) < topics.lane(lane).end()) {
                    events.add(new Event.Claim(lane));
                }
            }
        }
    }

    /** A worker that has not read yet that a lineage began generates on for tasks of the one before. */
    private boolean mayGenerate(HeldAttempt key) {
        Policy policy = topics.policy.at(topics.policy.end() - 1);
        return policy.state() == Policy.State.READY || hands.lineage(key).compareTo(policy.lineage()) < 0;
    }

    private void ofProducer(List<Event> events) {
        if (producer.isAhead()) {
            events.add(new Event.ReadAgain(Event.Follower.PRODUCER));
        } else {
            if (producer.hasReceipts()) {
                events.add(new Event.ProducerReads(Event.ProducerReads.Followed.RECEIPTS));
            }
            if (producer.hasSteps()) {
                events.add(new Event.ProducerReads(Event.ProducerReads.Followed.STEPS));
            }
            if (producer.hasPolicy()) {
                events.add(new Event.ProducerReads(Event.ProducerReads.Followed.POLICY));
            }
        }
        if (producer.mayAdmit()) {
            events.add(new Event.Admit());
        }
        for (long index = 0; index < topics.prompts.end(); index++) {
            GroupIndex group = new GroupIndex(index);
            if (producer.due(group).isPresent()) {
                events.add(new Event.Recover(group));
            }
            Issue issue = producer.ledger().issue(group);
            if (issue == null
                    || mutation == Mutation.NOBODY_IS_LOST
                    || !producer.isOut(group)
                    || !topics.isClaimed(group, issue.attempt())) {
                continue;
            }
            if (!hands.holds(group, issue.attempt()) && !producer.hasReceipts()) {
                events.add(new Event.Lost(group));
            } else if (mishaps.mayHappen(Mishaps.Kind.STALL)) {
                events.add(new Event.Stall(group));
            }
        }
    }

    private void ofConsumer(List<Event> events) {
        if (consumer.isAhead()) {
            events.add(new Event.ReadAgain(Event.Follower.TRAINER_CONSUMER));
            return;
        }
        if (consumer.hasResults()) {
            events.add(new Event.ConsumerReadsResult());
        }
        if (consumer.hasReceipts()) {
            events.add(new Event.ConsumerReadsReceipt());
        }
        if (consumer.hasOpenClaims()) {
            events.add(new Event.ConsumerSeesTheEnd());
        }
        for (Lane lane : Lane.of(GroupKind.TRAINING)) {
            if (consumer.hasTasks(lane)) {
                events.add(new Event.ConsumerReadsTask(lane));
            }
        }
    }

    private void ofTrainers(List<Event> events) {
        leases.forEach((trainer, lease) -> {
            if (!fetched.contains(trainer)) {
                events.add(new Event.Fetch(trainer));
                return;
            }
            events.add(new Event.Acknowledge(trainer));
            if (mishaps.mayHappen(Mishaps.Kind.LOST_ANSWER)) {
                events.add(new Event.AcknowledgeUnheard(trainer));
            }
        });
        if (!leases.containsKey(live) && consumer.hasSomethingToLease()) {
            events.add(new Event.Lease(live));
        }
        if (consumer.isUpdating()) {
            events.add(new Event.Ready(live));
        }
    }

    private void faults(List<Event> events) {
        if (mishaps.mayHappen(Mishaps.Kind.TAIL_LOSS)) {
            for (Event.LoseTail.CutLog log : Event.LoseTail.CutLog.values()) {
                for (int records = 1; records <= Math.min(bounds.tailRecords(), cut(log).end()); records++) {
                    events.add(new Event.LoseTail(log, records));
                }
            }
        }
        if (mishaps.mayHappen(Mishaps.Kind.PRODUCER_RESTART)) {
            events.add(new Event.Restart(Event.Follower.PRODUCER));
        }
        if (mishaps.mayHappen(Mishaps.Kind.CONSUMER_RESTART)) {
            events.add(new Event.Restart(Event.Follower.TRAINER_CONSUMER));
        }
        if (mishaps.mayHappen(Mishaps.Kind.RESUME) && live == Trainer.A) {
            for (long step = 0; step <= consumer.ledger().nextStep().value(); step++) {
                for (ResumeMode mode : ResumeMode.values()) {
                    events.add(new Event.Resume(new StepNumber(step), mode));
                }
            }
        }
    }

    private Log<?> cut(Event.LoseTail.CutLog log) {
        return switch (log) {
            case RESULTS -> topics.results;
            case RECEIPTS -> topics.receipts;
        };
    }

    /**
     * Lets it happen.
     *
     * @throws Violation when something came of it that must never be
     */
    public void apply(Event event) {
        int before = topics.decisions();
        switch (event) {
            case Event.Admit admit -> producer.admit();
            case Event.Claim claim -> hands.claim(claim.lane());
            case Event.Generate begin -> hands.begin(new HeldAttempt(begin.group(), begin.attempt()), engines);
            case Event.PublishResult first ->
                hands.publishResult(new HeldAttempt(first.group(), first.attempt()), engines);
            case Event.PublishReceipt second -> hands.publishReceipt(new HeldAttempt(second.group(), second.attempt()));
            case Event.ProducerReads reads -> {
                switch (reads.topic()) {
                    case RECEIPTS -> producer.readReceipt();
                    case STEPS -> producer.readStep();
                    case POLICY -> producer.readPolicy();
                }
            }
            case Event.Recover recover -> publish(producer.due(recover.group()));
            case Event.Lost lost -> publish(producer.lost(lost.group()));
            case Event.Stall stall -> {
                mishaps.happened(Mishaps.Kind.STALL);
                publish(producer.lost(stall.group()));
            }
            case Event.ConsumerReadsResult reads -> consumer.readResult();
            case Event.ConsumerReadsReceipt reads -> consumer.readReceipt();
            case Event.ConsumerSeesTheEnd sees -> consumer.seesTheEnd();
            case Event.ConsumerReadsTask reads -> consumer.readTask(reads.lane());
            case Event.ReadAgain again -> open(again.process());
            case Event.Restart restart -> {
                boolean ofProducer = restart.process() == Event.Follower.PRODUCER;
                mishaps.happened(ofProducer ? Mishaps.Kind.PRODUCER_RESTART : Mishaps.Kind.CONSUMER_RESTART);
                open(restart.process());
            }
            case Event.Lease lease -> lease(lease.trainer());
            case Event.Fetch fetch -> fetch(fetch.trainer());
            case Event.Ready ready -> {
                consumer.ready();
                engines = new Weights(
                        consumer.ledger().lineage(), consumer.ledger().policy().weightVersion());
            }
            case Event.Acknowledge ack -> {
                acknowledge(ack.trainer());
                drop(ack.trainer());
            }
            case Event.AcknowledgeUnheard ack -> {
                mishaps.happened(Mishaps.Kind.LOST_ANSWER);
                acknowledge(ack.trainer());
            }
            case Event.Die die -> {
                mishaps.happened(Mishaps.Kind.DEATH);
                hands.die(new HeldAttempt(die.group(), die.attempt()));
            }
            case Event.LoseTail lose -> {
                mishaps.happened(Mishaps.Kind.TAIL_LOSS);
                cut(lose.log()).lose(lose.records());
            }
            case Event.Resume resume -> resume(resume);
        }
        decided = topics.decisions() > before || event instanceof Event.Deciding;
    }

    /**
     * Checks what may have changed with the last event.
     *
     * @throws Violation when an invariant does not hold
     */
    public void check() {
        if (decided) {
            checks.account(consumer);
        }
        checks.agreement(producer, consumer);
    }

    private void publish(Optional<Decision> decision) {
        decision.ifPresent(producer::publish);
    }

    private void open(Event.Follower process) {
        switch (process) {
            case PRODUCER -> producer = new ModelProducer(topics, bounds, mutation);
            case TRAINER_CONSUMER -> consumer = new ModelConsumer(topics, bounds, mutation);
        }
    }

    private void lease(Trainer trainer) {
        StepRecord.@Nullable Lease lease = consumer.lease();
        if (lease != null) {
            checks.leased(lease, consumer.ledger());
            leases.put(trainer, lease);
        }
    }

    private void drop(Trainer trainer) {
        leases.remove(trainer);
        fetched.remove(trainer);
    }

    /** A lease that is not the open one is refused; one that cannot be read back is void, and the session ends. */
    private void fetch(Trainer trainer) {
        StepRecord.Lease mine = Objects.requireNonNull(leases.get(trainer));
        if (!mine.equals(consumer.ledger().openLease())) {
            drop(trainer);
            return;
        }
        List<ManifestEntry> gone = consumer.gone(mine);
        if (gone.isEmpty()) {
            checks.fetched(mine);
            fetched.add(trainer);
        } else if (!consumer.ledger().isReplaying()) {
            consumer.voidLease(gone);
            open(Event.Follower.TRAINER_CONSUMER);
            drop(trainer);
        }
    }

    /** The trainer moves its weights first: an acknowledgement with a version says that the engines serve it. */
    private void acknowledge(Trainer trainer) {
        StepRecord.Lease mine = leases.get(trainer);
        if (mine == null) {
            throw new IllegalStateException("trainer " + trainer + " has nothing to acknowledge");
        }
        StepRecord.Lease open = consumer.ledger().openLease();
        WeightVersion version = mine.weightVersion().next();
        StepRecord.Lease named = mutation == Mutation.ANY_TRAINER_ACKNOWLEDGES && open != null ? open : mine;
        AckDecision decision = consumer.acknowledge(named.token(), version);
        checks.acknowledged(trainer, mine, open, decision);
        if (decision instanceof AckDecision.Acknowledged) {
            engines = new Weights(mine.lineage(), version);
        }
    }

    private void resume(Event.Resume resume) {
        mishaps.happened(Mishaps.Kind.RESUME);
        if (consumer.resume(resume.step(), resume.mode())) {
            live = Trainer.B;
        }
    }

    /** Whether every group that there will be is settled, or has finished and is too few for a step. */
    public boolean isDone() {
        long unsettled = topics.prompts.end() - consumer.ledger().totals().settled();
        StepRecord.Lease open = consumer.ledger().openLease();
        if (open != null
                && consumer.ledger().isReplaying()
                && !consumer.gone(open).isEmpty()) {
            // The trainer is told to resume with new groups, and has to.
            return true;
        }
        return topics.prompts.end() == bounds.groups()
                && unsettled == consumer.waiting()
                && unsettled < bounds.batchGroups();
    }

    /** What tells this state from others. */
    public String describe() {
        StringBuilder out = new StringBuilder(2_000);
        topics.describe(out);
        hands.describe(out);
        producer.describe(out);
        consumer.describe(out);
        out.append('\n').append(engines).append(live).append(leases).append(fetched);
        mishaps.describe(out);
        return out.toString();
    }
}
