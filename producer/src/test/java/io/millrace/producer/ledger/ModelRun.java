package io.millrace.producer.ledger;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A made-up world around a ledger: lanes, workers that claim, die, freeze, come back, hand back, fail and succeed, and a
 * trainer consumer that settles by the rule "the first thing in the results wins". What they say stands on topics, which
 * the ledger's side reads at its own pace. Time is the model's, milliseconds.
 */
final class ModelRun {
    /** What stands on {@code workers}: a status, or the ledger's heartbeat with its sequence. */
    record Said(WorkersRecord.Status status, long heartbeat) {}

    private record Result(long group, long attempt, boolean marker) {}

    private static final class Worker {
        WorkerIncarnation name = new WorkerIncarnation("none", "none");
        final Map<Long, Long> held = new TreeMap<>();
        final Map<Long, Long> endsAtMs = new HashMap<>();
        long sequence;
        long nextStatusMs;
        long wellSinceMs;
        long frozenUntilMs;
    }

    static final int SLOTS = 6;
    private static final int BATCH = 8;

    final List<TrainingTask> prompts = new ArrayList<>();
    final List<TrainingTask> urgent = new ArrayList<>();
    final List<Receipt> receipts = new ArrayList<>();
    final List<Said> workers = new ArrayList<>();
    final List<StepRecord> steps = new ArrayList<>();
    final BitSet settled = new BitSet();
    StepRecord.Totals totals = StepRecord.Totals.NONE;

    private final Random random;
    private final List<Worker> fleet = new ArrayList<>();
    private final List<Result> results = new ArrayList<>();
    private final List<StepRecord.Rejection> rejections = new ArrayList<>();
    /** Results that were acknowledged, named by a receipt, and are gone. */
    private final List<Result> lost = new ArrayList<>();

    private final List<StepRecord.Missing> missing = new ArrayList<>();
    private final TreeSet<Long> winners = new TreeSet<>();
    /** By group, the attempt that won and waits to be trained. */
    private final Map<Long, Long> winningAttempts = new HashMap<>();
    /** Groups of which more was read since. */
    private final Set<Long> repeated = new HashSet<>();

    int takenBack;
    int noticed;
    /** Abandonments of which the marker or the receipt was lost. */
    int markersLost;
    /** Groups of which the receipt of the newest abandonment was lost. */
    final Set<Long> untold = new HashSet<>();

    private int promptsTaken;
    private int urgentTaken;
    private int resultsRead;
    private long step;
    private int names;
    long nowMs;
    long brokerAwayUntilMs;
    boolean calm;

    ModelRun(long seed, int workerCount) {
        random = new Random(seed);
        for (int i = 0; i < workerCount; i++) {
            Worker worker = new Worker();
            fleet.add(worker);
            begin(worker);
        }
    }

    private void begin(Worker worker) {
        worker.name = new WorkerIncarnation("w" + names % fleet.size(), Integer.toString(names));
        names++;
        worker.held.clear();
        worker.endsAtMs.clear();
        worker.sequence = 0;
        worker.wellSinceMs = nowMs;
        worker.frozenUntilMs = 0;
    }

    boolean brokerThere() {
        return nowMs >= brokerAwayUntilMs;
    }

    /** The offset from which the lane still queues. */
    int taken(Lane lane) {
        return lane == Lane.TRAINING ? promptsTaken : urgentTaken;
    }

    /** How long the group's attempt has been, without a break, in the hands of a worker that is well; 0 where it is not. */
    long heldWellForMs(long group, long attempt) {
        return fleet.stream()
                .filter(worker -> Long.valueOf(attempt).equals(worker.held.get(group)) && nowMs >= worker.frozenUntilMs)
                .mapToLong(worker -> nowMs - worker.wellSinceMs)
                .max()
                .orElse(0);
    }

    /** Time passes, and something happens. */
    void tick() {
        nowMs += 50 + random.nextInt(200);
        if (!calm && random.nextInt(3_000) == 0) {
            brokerAwayUntilMs = nowMs + random.nextInt(60_000);
        }
        for (Worker worker : fleet) {
            live(worker);
        }
        if (brokerThere()) {
            settle();
        }
    }

    private void live(Worker worker) {
        if (nowMs < worker.frozenUntilMs) {
            return;
        }
        if (!calm && random.nextInt(1_500) == 0) {
            begin(worker);
        }
        if (!calm && random.nextInt(1_500) == 0) {
            worker.frozenUntilMs = nowMs + random.nextInt(40_000);
            worker.wellSinceMs = worker.frozenUntilMs;
            return;
        }
        if (!brokerThere()) {
            return;
        }
        while (worker.held.size() < SLOTS && random.nextInt(3) > 0 && claim(worker)) {}
        for (long group : List.copyOf(worker.held.keySet())) {
            if (worker.endsAtMs.getOrDefault(group, 0L) <= nowMs) {
                end(worker, group);
            }
        }
        if (nowMs >= worker.nextStatusMs) {
            worker.nextStatusMs = nowMs + 2_000;
            workers.add(new Said(Events.status(worker.name, ++worker.sequence, worker.held), 0));
        }
    }

    private boolean claim(Worker worker) {
        TrainingTask task;
        if (urgentTaken < urgent.size()) {
            task = urgent.get(urgentTaken++);
        } else if (promptsTaken < prompts.size()) {
            task = prompts.get(promptsTaken++);
        } else {
            return false;
        }
        long group = task.groupIndex().value();
        worker.held.put(group, task.attempt().value());
        long tookMs = (long) Math.min(60_000, 2_000 * -Math.log(random.nextDouble()));
        // Some hang, though their worker goes on naming them.
        boolean hangs = !calm && random.nextInt(200) == 0;
        worker.endsAtMs.put(group, hangs ? Long.MAX_VALUE : nowMs + tookMs);
        return true;
    }

    private void end(Worker worker, long group) {
        long attempt = worker.held.getOrDefault(group, 1L);
        int fate = calm ? 99 : random.nextInt(100);
        if (fate < 8) {
            receipts.add(Events.failure(group, attempt));
        } else if (fate < 11) {
            receipts.add(Events.handedBack(group, attempt));
        } else {
            Result result = new Result(group, attempt, false);
            if (!calm && random.nextInt(25) == 0) {
                lost.add(result);
            } else {
                results.add(result);
            }
            if (fate < 12) {
                // Dies between result and receipt.
                begin(worker);
                return;
            }
            receipts.add(Events.success(group, attempt));
        }
        worker.held.remove(group);
        worker.endsAtMs.remove(group);
    }

    /** The marker and its receipt, in one transaction; of which a log may lose its part. */
    void giveUp(long group, long number) {
        Result marker = new Result(group, number, true);
        int fate = calm ? 99 : random.nextInt(6);
        if (fate == 0) {
            lost.add(marker);
            markersLost++;
        } else {
            results.add(marker);
        }
        if (fate == 1) {
            markersLost++;
            untold.add(group);
        } else {
            untold.remove(group);
            receipts.add(Receipt.abandoned(new GroupIndex(group), new Attempt(number), 0, results.size()));
        }
    }

    private void settle() {
        while (resultsRead < results.size()) {
            Result result = results.get(resultsRead++);
            if (settled.get((int) result.group()) || winners.contains(result.group())) {
                repeated.add(result.group());
                continue;
            }
            GroupIndex index = new GroupIndex(result.group());
            if (result.marker()) {
                settled.set((int) result.group());
                totals = count(0, 0, 1);
                steps.add(Events.abandonment(index.value(), totals));
            } else if (!calm && random.nextInt(40) == 0) {
                StepRecord.Rejection rejection = Events.rejection(index.value(), result.attempt());
                rejections.add(rejection);
                steps.add(rejection);
            } else if (!calm && random.nextInt(20) == 0) {
                settled.set((int) result.group());
                totals = count(0, 1, 0);
                steps.add(Events.discard(index.value(), totals));
            } else {
                winners.add(result.group());
                winningAttempts.put(result.group(), result.attempt());
                repeated.remove(result.group());
            }
        }
        noticeLost();
        if (!calm) {
            takeBack();
        }
        if (winners.size() >= BATCH || (calm && !winners.isEmpty())) {
            train();
        }
    }

    /** The trainer consumer reads the receipts too, and says of each whose result is not there that it is missing. */
    private void noticeLost() {
        for (Result claim : List.copyOf(lost)) {
            if (random.nextInt(20) > 0 && !calm) {
                continue;
            }
            lost.remove(claim);
            if (!settled.get((int) claim.group())) {
                StepRecord.Missing record = Events.missing(claim.group(), claim.attempt());
                missing.add(record);
                steps.add(record);
                noticed++;
            }
        }
    }

    /** Past the bound while a newer attempt is out, of which nothing has come yet. */
    private void takeBack() {
        for (TrainingTask task : urgent) {
            long group = task.groupIndex().value();
            long won = winningAttempts.getOrDefault(group, Long.MAX_VALUE);
            if (winners.contains(group)
                    && task.attempt().value() > won
                    && !repeated.contains(group)
                    && random.nextInt(3) == 0) {
                winners.remove(group);
                StepRecord.Rejection rejection = Events.rejection(group, won);
                rejections.add(rejection);
                steps.add(rejection);
                takenBack++;
            }
        }
    }

    private void train() {
        List<Long> batch = winners.stream().limit(BATCH).toList();
        steps.add(Events.lease(step, batch));
        batch.forEach(group -> settled.set((int) (long) group));
        batch.forEach(winners::remove);
        totals = count(batch.size(), 0, 0);
        steps.add(Events.ack(step, totals));
        step++;
        if (random.nextInt(5) == 0) {
            rejections.removeIf(
                    rejection -> settled.get((int) rejection.groupIndex().value()));
            missing.removeIf(one -> settled.get((int) one.groupIndex().value()));
            steps.add(Events.snapshot(step, totals, settled, rejections, missing));
        }
    }

    private StepRecord.Totals count(int trained, int discarded, int abandoned) {
        return new StepRecord.Totals(
                totals.trained() + trained,
                totals.discarded() + discarded,
                totals.abandoned() + abandoned,
                settled.nextClearBit(0));
    }
}
