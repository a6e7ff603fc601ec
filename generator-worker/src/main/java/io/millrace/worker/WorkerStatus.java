package io.millrace.worker;

import io.millrace.common.id.RunId;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.WorkersRecord.EngineStatus;
import io.millrace.common.record.WorkersRecord.HeldGroup;
import io.millrace.common.record.WorkersRecord.State;
import io.millrace.common.record.WorkersRecord.Status;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.generate.AttemptRunner;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.inflight.InFlightTable;
import io.millrace.worker.publish.ResultPublisher;
import io.millrace.worker.slots.Slots;
import io.millrace.worker.weights.WeightsGate;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What a worker says of itself: to the ledger in records, to people as JSON. Thread-safe. */
final class WorkerStatus {
    /** What {@code /status} shows. */
    private record View(
            String run,
            String workerId,
            String incarnation,
            State state,
            int slots,
            int slotsInUse,
            int slotsInUseEvaluation,
            String holdReason,
            String heldFor,
            List<HeldGroup> groups,
            long enginesWell,
            List<EngineStatus> engines) {}

    private final RunId run;
    private final WorkerIncarnation worker;
    private final Slots<HeldAttempt> slots;
    private final InFlightTable table;
    private final WeightsGate gate;
    private final EnginePool engines;
    private final AttemptRunner runner;
    private final ResultPublisher publisher;
    private final Health health;
    private final WallClock clock;
    /** Moved on by the stop sequence, read by the status loop and requests. */
    private volatile State state = State.RUNNING;

    WorkerStatus(
            RunId run,
            WorkerIncarnation worker,
            Slots<HeldAttempt> slots,
            InFlightTable table,
            WeightsGate gate,
            EnginePool engines,
            AttemptRunner runner,
            ResultPublisher publisher,
            Health health,
            WallClock clock) {
        this.run = run;
        this.worker = worker;
        this.slots = slots;
        this.table = table;
        this.gate = gate;
        this.engines = engines;
        this.runner = runner;
        this.publisher = publisher;
        this.health = health;
        this.clock = clock;
    }

    void moveOn(State next) {
        state = next;
    }

    /** The record of this number; also tells the health report whether what is finished gets away. */
    Status record(long sequence) {
        publisher.report(health);
        return new Status(
                worker,
                sequence,
                state,
                clock.millis(),
                slots.slots(),
                slots.slotsInUse(),
                table.held(),
                engines.statuses(),
                publisher.groupsFinished(),
                publisher.groupsFailed(),
                runner.samplesFinished(),
                runner.responseTokens());
    }

    ObjectNode json() {
        return Json.MAPPER.valueToTree(new View(
                run.value(),
                worker.workerId(),
                worker.incarnation(),
                state,
                slots.slots(),
                slots.slotsInUse(),
                slots.evaluationSlotsInUse(),
                slots.holdReason(Lane.TRAINING),
                gate.holdReason(),
                table.held(),
                engines.wellEngines(),
                engines.statuses()));
    }
}
