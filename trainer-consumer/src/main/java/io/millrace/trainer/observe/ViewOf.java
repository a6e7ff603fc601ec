package io.millrace.trainer.observe;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.trainer.observe.RunView.Gate;
import io.millrace.trainer.observe.RunView.Held;
import io.millrace.trainer.observe.RunView.Wait;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One view of a fold. Used once, by the fold's owner. */
final class ViewOf {
    private final RunFold fold;
    private final long nowMs;
    private final Map<WorkerTable.Key, WorkerTable.Holding> held;
    private final Tally tally;

    ViewOf(RunFold fold) {
        this.fold = fold;
        this.nowMs = fold.nowMs;
        this.held = fold.workers.held(nowMs);
        this.tally = new Tally();
        tally.count(fold.training, GroupKind.TRAINING);
        tally.count(fold.evaluation, GroupKind.EVALUATION);
    }

    /** Where groups stand. */
    private final class Tally {
        final Map<Lane, Long> queued = new EnumMap<>(Lane.class);
        final Map<Lane, Long> oldestQueued = new EnumMap<>(Lane.class);
        long inFlight;
        long again;
        long finished;
        long leased;

        @Nullable
        Long oldestInFlight;

        @Nullable
        Long oldestFinished;

        final List<Held> taken = new ArrayList<>();

        void count(GroupTable table, GroupKind kind) {
            boolean training = kind == GroupKind.TRAINING;
            for (GroupTable.Group group : table.all()) {
                switch (group.stage) {
                    case FINISHED -> {
                        if (training && fold.steps.isLeased(group.index)) {
                            leased++;
                        } else if (training) {
                            finished++;
                            oldestFinished = older(oldestFinished, group.sinceMs);
                        }
                    }
                    case FAILED -> again += training ? 1 : 0;
                    case ISSUED -> issued(table, kind, group);
                }
            }
        }

        private void issued(GroupTable table, GroupKind kind, GroupTable.Group group) {
            if (group.lane == null) {
                return;
            }
            WorkerTable.Holding holding = held.get(new WorkerTable.Key(kind, group.index, new Attempt(group.attempt)));
            if (holding == null && !table.taken(group)) {
                queued.merge(group.lane, 1L, Long::sum);
                oldestQueued.merge(group.lane, group.issuedMs, Math::min);
                return;
            }
            if (kind == GroupKind.TRAINING) {
                inFlight++;
                long since = holding == null ? group.issuedMs : holding.sinceMs();
                oldestInFlight = holding == null ? oldestInFlight : older(oldestInFlight, since);
                if (holding != null) {
                    taken.add(held(holding, group));
                }
            }
        }
    }

    private static Long older(@Nullable Long one, long other) {
        return one == null ? other : Math.min(one, other);
    }

    private static Held held(WorkerTable.Holding holding, GroupTable.@Nullable Group group) {
        WorkersRecord.HeldGroup of = holding.group();
        return new Held(
                of.kind(),
                of.groupIndex(),
                of.attempt(),
                holding.worker().worker().workerId(),
                holding.sinceMs(),
                of.samplesDone(),
                group == null ? 0 : group.samples,
                group == null ? null : group.issueVersion);
    }

    RunView view() {
        StepRecord.Totals totals = fold.steps.totals();
        RunView.Groups groups = new RunView.Groups(
                queued(Lane.TRAINING) + queued(Lane.URGENT),
                tally.inFlight,
                tally.again,
                tally.finished,
                tally.leased,
                totals.trained(),
                totals.discarded(),
                totals.abandoned(),
                oldest(Lane.TRAINING, Lane.URGENT),
                tally.oldestInFlight,
                tally.oldestFinished);
        RunView.Producer producer = producer(totals);
        Gate gate = gate();
        RunView.Trainer trainer = trainer();
        List<WorkerTable.Seen> live = fold.workers.live(nowMs);
        RunView.Workers workers = workers(live);
        return new RunView(
                fold.run,
                nowMs,
                fold.caughtUp,
                fold.training.untracked() + fold.evaluation.untracked(),
                fold.agreement,
                producer,
                lanes(),
                groups,
                workers,
                fold.workers.engines(nowMs),
                gate,
                trainer,
                tally.taken.stream()
                        .sorted(Comparator.comparingLong(Held::sinceMs))
                        .limit(RunFold.SLOWEST_SHOWN_MAX)
                        .toList(),
                fold.ends.ends(),
                fold.ends.byReason(),
                fold.ends.letters(),
                fold.evals.rows(fold.evaluation),
                fold.steps.rows(),
                waits(producer, groups, workers, live, gate, trainer));
    }

    private long queued(Lane lane) {
        return tally.queued.getOrDefault(lane, 0L);
    }

    private @Nullable Long oldest(Lane... lanes) {
        Long oldest = null;
        for (Lane lane : lanes) {
            Long of = tally.oldestQueued.get(lane);
            oldest = of == null ? oldest : older(oldest, of);
        }
        return oldest;
    }

    private List<RunView.LaneRow> lanes() {
        List<RunView.LaneRow> rows = new ArrayList<>();
        for (Lane lane : Lane.values()) {
            rows.add(new RunView.LaneRow(lane.word(), queued(lane), tally.oldestQueued.get(lane)));
        }
        return rows;
    }

    private RunView.Producer producer(StepRecord.Totals totals) {
        RunRecord agreement = fold.agreement;
        Policy policy = fold.policy == null ? Policy.initial() : fold.policy;
        Long admissible = agreement == null
                ? null
                : new Capacity(agreement.batchGroups(), agreement.pipelineDepth(), agreement.stepsPerVersion())
                        .admissibleUpTo(policy.trainedGroups(), totals.discarded(), totals.abandoned());
        return new RunView.Producer(
                fold.workers.ledgerLive(nowMs),
                fold.workers.ledgerMs(),
                fold.published,
                admissible,
                fold.lastPublishedMs);
    }

    private RunView.Workers workers(List<WorkerTable.Seen> live) {
        List<WorkerTable.Seen> shown = fold.workers.shown(nowMs);
        return new RunView.Workers(
                live.size(),
                shown.size(),
                live.stream().mapToLong(seen -> seen.status.slots()).sum(),
                live.stream().mapToLong(seen -> seen.status.slotsInUse()).sum(),
                live.stream().mapToDouble(WorkerTable.Seen::samplesPerSecond).sum(),
                live.stream().mapToDouble(WorkerTable.Seen::tokensPerSecond).sum(),
                shown.stream()
                        .limit(RunFold.WORKERS_SHOWN_MAX)
                        .map(this::worker)
                        .toList());
    }

    private RunView.Worker worker(WorkerTable.Seen seen) {
        WorkersRecord.Status status = seen.status;
        List<Held> oldest = status.groups().stream()
                .map(group -> held(
                        new WorkerTable.Holding(status, group, WorkerTable.sinceMs(seen, group)),
                        (group.kind() == GroupKind.TRAINING ? fold.training : fold.evaluation).get(group.groupIndex())))
                .sorted(Comparator.comparingLong(Held::sinceMs))
                .limit(RunFold.HELD_SHOWN_MAX)
                .toList();
        RunView.WorkerState state = fold.workers.state(seen, nowMs);
        boolean gone = state == RunView.WorkerState.STOPPED || state == RunView.WorkerState.LOST;
        return new RunView.Worker(
                status.worker().workerId(),
                status.worker().incarnation(),
                state,
                seen.ms,
                status.slots(),
                gone ? 0 : status.slotsInUse(),
                status.groupsFinished(),
                status.groupsFailed(),
                status.samplesFinished(),
                status.responseTokens(),
                gone ? 0 : seen.samplesPerSecond(),
                gone ? 0 : seen.tokensPerSecond(),
                status.groups().size(),
                oldest,
                status.engines().stream()
                        .map(engine -> new RunView.EngineUse(
                                engine.address(), engine.healthy(), engine.inFlight(), engine.weightVersion()))
                        .toList());
    }

    private Gate gate() {
        Policy policy = fold.policy;
        Integer wanted = fold.agreement == null ? null : fold.agreement.batchGroups();
        String waitingFor = fold.told;
        Long since = fold.toldSinceMs;
        if (waitingFor == null) {
            List<StepRecord.Lease> open = fold.steps.open();
            if (!open.isEmpty()) {
                waitingFor =
                        "the trainer to acknowledge step " + open.getFirst().step();
                since = fold.steps.leasedMs(open.getFirst(), nowMs);
            } else if (wanted == null) {
                waitingFor = "the run's producer to start: it has not said yet what the run is made of";
            } else if (tally.finished < wanted) {
                long more = wanted - tally.finished;
                waitingFor = more + (more == 1 ? " more group to finish" : " more groups to finish");
                since = fold.steps.lastMs();
            } else {
                waitingFor = "the trainer to lease, or older groups to finish";
                since = fold.steps.lastMs();
            }
        }
        WeightVersion version = policy == null ? null : policy.weightVersion();
        return new Gate(
                policy == null ? null : policy.lineage(),
                version,
                policy == null ? null : policy.state(),
                fold.policyMs,
                tally.finished,
                wanted,
                waitingFor,
                since);
    }

    private RunView.Trainer trainer() {
        StepRecord.Acknowledgement last = fold.steps.last();
        return new RunView.Trainer(
                fold.steps.open().stream()
                        .map(lease -> new RunView.OpenStep(
                                lease.step(), lease.groups().size(), fold.steps.leasedMs(lease, nowMs)))
                        .toList(),
                last == null ? null : last.step(),
                fold.steps.lastMs());
    }

    private List<Wait> waits(
            RunView.Producer producer,
            RunView.Groups groups,
            RunView.Workers workers,
            List<WorkerTable.Seen> live,
            Gate gate,
            RunView.Trainer trainer) {
        List<Wait> waits = new ArrayList<>();
        Long published = producer.lastPublishedMs();
        Long admissible = producer.admissible();
        if (!producer.live()) {
            Long seen = producer.seenMs();
            waits.add(new Wait("run", "the producer, of which nothing is heard", seen == null ? nowMs : seen));
        } else if (admissible != null && producer.published() >= admissible) {
            waits.add(new Wait(
                    "producer",
                    "training to go on: " + producer.published() + " of " + admissible
                            + " admitted groups are published",
                    published == null ? nowMs : published));
        }
        Long queuedSince = groups.oldestQueuedMs();
        if (queuedSince != null) {
            waits.add(new Wait(
                    "queue",
                    (live.isEmpty() ? "a worker" : "a free slot") + ": " + groups.queued()
                            + (groups.queued() == 1 ? " group" : " groups"),
                    queuedSince));
        }
        if (groups.again() > 0) {
            waits.add(new Wait("ledger", groups.again() + " groups to be issued again", nowMs));
        }
        if (workers.live() > 0 && workers.slotsInUse() == 0 && groups.queued() == 0) {
            waits.add(new Wait("workers", "prompts", published == null ? nowMs : published));
        }
        for (RunView.Engine engine : fold.workers.engines(nowMs)) {
            if (engine.well() == 0) {
                waits.add(new Wait("engine " + engine.address(), "an answer: no worker finds it well", nowMs));
            }
        }
        Policy policy = fold.policy;
        if (policy != null && policy.state() != Policy.State.READY) {
            Long since = fold.policyMs;
            waits.add(new Wait(
                    "workers",
                    "the weights, which are " + policy.state().name().toLowerCase(Locale.ROOT),
                    since == null ? nowMs : since));
        }
        Long gateSince = gate.waitingSinceMs();
        waits.add(new Wait("gate", gate.waitingFor(), gateSince == null ? nowMs : gateSince));
        Long trainedMs = trainer.lastTrainedMs();
        if (trainer.open().isEmpty() && trainedMs != null) {
            waits.add(new Wait("trainer", "its next step", trainedMs));
        }
        return waits;
    }
}
