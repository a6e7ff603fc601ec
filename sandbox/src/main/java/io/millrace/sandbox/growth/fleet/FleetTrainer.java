package io.millrace.sandbox.growth.fleet;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.sandbox.growth.record.Records;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.decide.AbandonedRow;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.decide.StepChooser;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.gate.BatchOrder;
import io.millrace.trainer.gate.OnStale;
import io.millrace.trainer.gate.StalenessGate;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.StepLedger;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The trainer consumer's ledger, collector, claims and gate, and a trainer that asks for one step after the other. */
final class FleetTrainer {
    private static final long MISSING_NANOS = 5_000_000_000L;
    private static final int SNAPSHOT_STEPS = 50;

    /** @param event null where the log has lost the record */
    record Placed(long offset, @Nullable ResultEvent event) {}

    private final FleetRun run;
    private final Timeline time;
    private final StepLedger ledger;
    private final Collector collector;
    private final Claims claims;
    private final Intake intake;
    private final StepChooser chooser;
    private boolean training;
    private long resultsRead;
    private long receiptsRead;
    long held;

    final Timeline.Feed<Placed> results;
    final Timeline.Feed<Receipt> receipts;
    final Timeline.Feed<TrainingTask> tasks;

    FleetTrainer(FleetRun run) {
        this.run = run;
        this.time = run.time;
        this.ledger = new StepLedger(run.plan.capacity());
        this.collector = new Collector(ledger, 0, null);
        this.claims = new Claims(ledger, MISSING_NANOS);
        this.intake = new Intake(
                index -> OptionalLong.empty(),
                collector,
                claims,
                ledger,
                new FilterChain(List.of(), 1),
                new AbandonedRow(Integer.MAX_VALUE));
        this.chooser = new StepChooser(
                new StalenessGate(
                        run.plan.maxStaleness(), OnStale.WAIT, BatchOrder.OLDEST_FIRST, false, run.plan.capacity()),
                ledger,
                collector);
        this.results = time.new Feed<>(20, this::result, this::read);
        this.receipts = time
        .new Feed<>(30, receipt -> claims.claimed(receipt, receiptsRead++, time.micros() * 1_000), this::judge);
        this.tasks = time.new Feed<>(40, chooser::issued, () -> {});
        time.after(1_000_000, this::looksForTheEnd);
    }

    private void result(Placed placed) {
        resultsRead = placed.offset() + 1;
        if (placed.event() != null) {
            write(intake.accept(placed.event(), reason -> {
                        throw new IllegalStateException("a result is refused: " + reason);
                    })
                    .records());
        }
    }

    private void read() {
        judge();
        lease();
    }

    private void judge() {
        write(intake.missing(claims.readTo(0, resultsRead)).records());
    }

    /** What was claimed beyond the end, where nothing follows. */
    private void looksForTheEnd() {
        if (run.isOver()) {
            return;
        }
        if (claims.isOverdue(time.micros() * 1_000)) {
            write(intake.missing(claims.endsAt(0, resultsRead, time.micros() * 1_000))
                    .records());
        }
        time.after(1_000_000, this::looksForTheEnd);
    }

    private void write(List<? extends ControlRecord> records) {
        for (ControlRecord record : records) {
            switch (record) {
                case StepRecord step -> run.decided(step);
                case Policy policy -> run.announced(policy);
                default -> throw new IllegalStateException("not a record of steps: " + record);
            }
        }
    }

    /** As a trainer that waits is served: asked again whenever something has come. */
    private void lease() {
        if (training || ledger.nextStep().value() == run.plan.steps()) {
            return;
        }
        write(chooser.discardStale().records());
        BatchChoice choice = chooser.choose();
        if (!(choice instanceof BatchChoice.Ready ready)) {
            held += choice instanceof BatchChoice.Held ? 1 : 0;
            return;
        }
        run.handedOver(ready.groups(), ledger.policy().weightVersion());
        StepRecord.Lease lease = ledger.lease(
                ledger.nextStep(),
                ready.groups().stream().map(FinishedGroup::manifestEntry).toList(),
                chooser.maskBelow(),
                Records.leaseId(ledger.nextStep().value()),
                time.millis());
        write(List.of(lease));
        training = true;
        time.after(run.trainMicros(), () -> acknowledge(lease));
    }

    private void acknowledge(StepRecord.Lease lease) {
        training = false;
        if (!(ledger.acknowledge(lease.token(), ledger.policy().word().next(), null, time.millis())
                instanceof AckDecision.Acknowledged done)) {
            throw new IllegalStateException("the acknowledgement of step " + lease.step() + " is refused");
        }
        for (GroupIndex index : done.groups()) {
            collector.settled(index);
        }
        write(done.records());
        if (ledger.nextStep().value() % SNAPSHOT_STEPS == 0) {
            snapshot();
        }
        run.trained();
        lease();
    }

    private void snapshot() {
        StepRecord.Snapshot made = ledger.snapshot(
                List.of(new StepRecord.Snapshot.ResultsRead(
                        0, collector.neededFrom().getOrDefault(0, resultsRead), resultsRead)),
                claims.receiptsFrom(receiptsRead),
                collector.duplicates());
        ledger.take(made);
        write(List.of(made));
    }

    StepLedger ledger() {
        return ledger;
    }

    long duplicates() {
        return collector.duplicates();
    }
}
