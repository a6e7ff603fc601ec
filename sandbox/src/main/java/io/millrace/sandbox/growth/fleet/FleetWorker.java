package io.millrace.sandbox.growth.fleet;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.inflight.InFlightTable;
import io.millrace.worker.slots.SlotTable;
import io.millrace.worker.slots.Slots;
import java.util.List;

/** A worker with its slot table and in-flight table; its engine is a table of latencies. */
final class FleetWorker {
    private static final int PREFETCH = 2;
    private static final int STATUS_MICROS = 2_000_000;
    private static final int RESTART_MICROS = 5_000_000;
    /** Beyond the worker timeout: what it publishes afterwards was issued again. */
    private static final int FREEZE_MICROS = 15_000_000;

    private static final class Held {
        final HeldAttempt attempt;
        final TrainingTask task;
        int left;
        long oldestVersion = Long.MAX_VALUE;

        Held(HeldAttempt attempt, TrainingTask task) {
            this.attempt = attempt;
            this.task = task;
            this.left = task.samples();
        }
    }

    private final FleetRun run;
    private final Timeline time;
    private final int number;
    private int life;
    private long sequence;
    private long frozenUntilMicros;
    private SlotTable<Held> slots;
    private InFlightTable inFlight = new InFlightTable();
    private boolean down;
    boolean hungry;

    FleetWorker(FleetRun run, int number) {
        this.run = run;
        this.time = run.time;
        this.number = number;
        this.slots = table();
        time.after(time.random.nextInt(STATUS_MICROS), this::beat);
    }

    private SlotTable<Held> table() {
        return new SlotTable<>(run.plan.slots(), 0, PREFETCH);
    }

    private WorkerIncarnation name() {
        return new WorkerIncarnation("worker-" + number, "life-" + life);
    }

    /** How many of its slots are busy; 0 while it is down. */
    int busy() {
        return slots.inUse();
    }

    boolean isDown() {
        return down;
    }

    private void beat() {
        if (run.isOver()) {
            return;
        }
        if (!down && !isFrozen()) {
            sequence++;
            run.status(name(), sequence, inFlight.held());
        }
        time.after(STATUS_MICROS, this::beat);
    }

    private boolean isFrozen() {
        return time.micros() < frozenUntilMicros;
    }

    void crash() {
        life++;
        down = true;
        slots = table();
        inFlight = new InFlightTable();
        frozenUntilMicros = 0;
        time.after(RESTART_MICROS, () -> {
            down = false;
            claim();
        });
    }

    void freeze() {
        frozenUntilMicros = time.micros() + FREEZE_MICROS;
        time.after(FREEZE_MICROS, this::claim);
    }

    /** Takes what it wants, and is woken for what there is not. */
    void claim() {
        if (down || isFrozen()) {
            return;
        }
        for (int wanted = slots.claimsWanted(Lane.TRAINING); wanted > 0; wanted--) {
            FleetRun.Claimed claimed = run.claim(this);
            if (claimed == null) {
                return;
            }
            TrainingTask task = claimed.task();
            Held held = new Held(
                    new HeldAttempt(new AttemptState(task, claimed.lane(), time.millis(), time.micros() * 1_000)),
                    task);
            if (inFlight.enter(held.attempt)) {
                slots.preparing(claimed.lane());
                start(slots.offer(held, task.samples(), claimed.lane()));
            }
        }
    }

    private void start(List<Slots.Grant<Held>> grants) {
        int now = life;
        for (Slots.Grant<Held> grant : grants) {
            Held held = grant.group();
            held.oldestVersion = Math.min(held.oldestVersion, run.engineVersion());
            long micros = run.plan.latencyMicros(
                    held.task.groupIndex().value(), held.task.attempt().value(), grant.sample());
            time.after(micros, () -> ended(now, held));
        }
    }

    private void ended(int then, Held held) {
        if (then != life) {
            return;
        }
        if (isFrozen()) {
            time.after(frozenUntilMicros - time.micros(), () -> ended(then, held));
            return;
        }
        held.left--;
        start(slots.release(held.attempt.lane()));
        claim();
        if (held.left == 0) {
            long newest = run.engineVersion();
            time.after(3_000, () -> publish(then, held, newest));
        }
    }

    private void publish(int then, Held held, long newest) {
        if (then != life) {
            return;
        }
        Receipt receipt = run.publish(name(), held.task, held.oldestVersion, newest);
        time.after(3_000, () -> {
            if (then == life) {
                run.receipts(receipt);
                inFlight.leave(held.attempt);
            }
        });
    }
}
