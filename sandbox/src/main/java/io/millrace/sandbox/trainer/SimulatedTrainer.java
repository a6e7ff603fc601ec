package io.millrace.sandbox.trainer;

import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.wire.RolloutBatch;
import io.millrace.sandbox.engine.ledger.LedgerLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * The training loop; owns the journal. A turn is one step: lease (as long as it takes), fetch, check, train, announce the new version to
 * the engines, acknowledge, record. A bad batch is recorded and trained all the same, so that a run shows all that is
 * wrong with it; a server out of reach ends the loop.
 */
final class SimulatedTrainer implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(SimulatedTrainer.class);

    /** Of a trainer that counts its weights anew at each start, as slime's does. */
    private static final long FIRST_VERSION = 1;

    private final SimulatedTrainerSettings settings;
    private final TrainerClient client;
    private final @Nullable Learner learner;
    private final TrainerJournal journal;
    private final Ticker ticker;
    private final WallClock clock;
    private final Runnable onFinished;
    private final BatchCheck check;
    private final long startedAtMs;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Object lock = new Object();

    private final List<TrainedStep> steps = new ArrayList<>();
    /** The loop's thread while it may be interrupted: an acknowledgement under way is let finish and recorded. */
    private @Nullable Thread waiting;

    /** The one that it trains in, read when it begins; null before. The loop's thread alone asks. */
    private @Nullable Long lineage;
    /** Of the last batch that could not be read. */
    private String refusedToken = "";

    private final AtomicInteger failedSteps = new AtomicInteger();

    /**
     * @param learner null to train nothing
     * @param onFinished called once, by the loop's thread, when the wanted steps are done
     */
    SimulatedTrainer(
            SimulatedTrainerSettings settings,
            TrainerClient client,
            TrainerJournal journal,
            Ticker ticker,
            WallClock clock,
            @Nullable Learner learner,
            Runnable onFinished) {
        this.learner = learner;
        this.settings = settings;
        this.client = client;
        this.journal = journal;
        this.ticker = ticker;
        this.clock = clock;
        this.onFinished = onFinished;
        this.check =
                new BatchCheck(settings.step().batchGroups(), settings.step().samplesPerGroup());
        this.startedAtMs = clock.millis();
    }

    @Override
    public void runOnce() throws Exception {
        if (settings.steps() > 0 && steps.size() >= settings.steps()) {
            onFinished.run();
            stop.await();
            return;
        }
        enterWait();
        long mine = lineage == null ? begin() : lineage;
        lineage = mine;
        long askedNanos = ticker.nanos();
        Optional<TrainerClient.Lease> leased = client.lease(mine);
        while (leased.isEmpty()) {
            endUpdate(mine);
            leased = client.lease(mine);
        }
        double waitSeconds = (ticker.nanos() - askedNanos) / 1e9;
        TrainerClient.Lease lease = leased.get();
        JsonNode batch;
        try {
            batch = client.batch(lease);
        } catch (TrainerClient.ConflictException e) {
            isVoid(lease, e);
            unreadable(lease);
            return;
        }
        try {
            train(lease, batch, waitSeconds);
        } catch (TrainerClient.ConflictException e) {
            isVoid(lease, e);
        }
    }

    private void isVoid(TrainerClient.Lease lease, TrainerClient.ConflictException why) throws Exception {
        journal.step(TrainerJournal.Line.Type.REFUSED, lease);
        log.warn("step {} is void, the next is asked for: {}", lease.step(), why.getMessage());
    }

    /** A recorded step whose results the broker has lost is leased as before, and never read: then it is made anew. */
    private void unreadable(TrainerClient.Lease lease) throws Exception {
        if (!lease.token().equals(refusedToken)) {
            refusedToken = lease.token();
            return;
        }
        long opened = lease.lineage() + 1;
        journal.resuming(opened, lease.step());
        client.resume(lease.step(), SimulatedTrainerSettings.ResumeMode.FRESH.word(), opened);
        log.warn("step {} cannot be replayed and is made anew: lineage {}", lease.step(), opened);
        lineage = settled(opened);
    }

    /**
     * A trainer that was started again knows neither what engines serve nor whether one before it paused them.
     *
     * @return the lineage that it is in
     */
    private long begin() throws Exception {
        TrainerClient.Standing run = client.standing();
        return settled(settings.resumeBack() > 0 ? goBack(run) : run.lineage());
    }

    /**
     * Ends a pause or an update that somebody left.
     *
     * @return the lineage that it is in then
     */
    private long settled(long begun) throws Exception {
        if (!settings.pauseOnUpdate()) {
            return begun;
        }
        TrainerClient.Weights weights = client.weights();
        if (settings.versionRestart() && weights.weightVersion() > FIRST_VERSION) {
            journal.resuming(weights.lineage() + 1, 0);
            weights = new TrainerClient.Weights(weights.lineage(), FIRST_VERSION, "updating");
        }
        for (String engine : settings.engineUrls()) {
            if (weights.areUpdating()) {
                client.announce(engine, weights.weightVersion(), true);
            }
            client.goOn(engine);
        }
        return weights.areUpdating() ? client.ready(weights) : begun;
    }

    /**
     * Resumes as if its newest checkpoint were older than the run.
     *
     * @return the lineage that it is in then
     */
    private long goBack(TrainerClient.Standing run) throws Exception {
        long step = Math.max(0, run.nextStep() - settings.resumeBack());
        long opened = run.lineage() + 1;
        journal.resuming(opened, step);
        try {
            client.resume(step, settings.resumeMode().word(), opened);
        } catch (TrainerClient.ConflictException e) {
            log.warn("training goes on where it is: {}", e.getMessage());
            return run.lineage();
        }
        log.info("went back from step {} to {}: lineage {}", run.nextStep(), step, opened);
        return opened;
    }

    private void train(TrainerClient.Lease lease, JsonNode batch, double waitSeconds) throws Exception {
        TrainedStep.Verdict verdict = check.check(lease, batch);
        journal.received(lease, batch, verdict.problems());
        TrainedStep.Verdict whole = verdict.with(learn(lease));
        // This is what the training of a large model takes.
        Thread.sleep(settings.step().trainTime());
        leaveWait();
        boolean updates = (lease.step() + 1) % settings.stepsPerVersion() == 0;
        Long newVersion = updates ? lease.weightVersion() + 1 : null;
        if (newVersion != null) {
            journal.announcing(lease.lineage(), newVersion);
            update(lease.lineage(), newVersion);
        }
        journal.step(TrainerJournal.Line.Type.ACKNOWLEDGING, lease);
        client.acknowledge(lease, newVersion);
        journal.step(TrainerJournal.Line.Type.ACKNOWLEDGED, lease);
        check.acknowledged(verdict);
        record(new TrainedStep(
                lease.lineage(),
                lease.step(),
                lease.weightVersion(),
                newVersion,
                waitSeconds,
                lease.leasedAtMs(),
                clock.millis(),
                whole));
    }

    /** @return samples whose version spans are not those of the engines' ledgers */
    private List<String> learn(TrainerClient.Lease lease) throws Exception {
        Learner learning = learner;
        if (learning == null) {
            return List.of();
        }
        RolloutBatch batch = client.rollouts(lease);
        learning.learn(batch);
        List<LedgerLine> ledger = new ArrayList<>();
        for (String engine : settings.engineUrls()) {
            ledger.addAll(client.engineLedger(engine));
        }
        return SpanCheck.differences(batch.header().run(), batch, ledger);
    }

    /** After a resumption, or where a trainer was killed in an update, nothing is generated until somebody says ready. */
    private void endUpdate(long mine) throws Exception {
        TrainerClient.Weights weights = client.weights();
        if (weights.lineage() == mine && weights.areUpdating()) {
            push(weights.weightVersion());
            client.ready(weights);
        }
    }

    private void update(long mine, long version) throws Exception {
        if (learner != null || settings.pauseOnUpdate()) {
            client.updating(mine);
        }
        push(version);
    }

    private void push(long version) throws Exception {
        Learner learning = learner;
        Path weights = learning == null ? null : learning.write(version);
        for (String engine : settings.engineUrls()) {
            if (weights != null) {
                client.push(engine, weights, version);
            } else if (settings.pauseOnUpdate()) {
                client.pause(engine);
                client.announce(engine, version, true);
                client.goOn(engine);
            } else {
                client.announce(engine, version, settings.abortOnUpdate());
            }
        }
    }

    private void enterWait() throws InterruptedException {
        synchronized (lock) {
            if (stop.getCount() == 0) {
                throw new InterruptedException("stopping");
            }
            waiting = Thread.currentThread();
        }
    }

    private void leaveWait() throws InterruptedException {
        synchronized (lock) {
            waiting = null;
            if (stop.getCount() == 0) {
                throw new InterruptedException("stopping");
            }
        }
    }

    private void record(TrainedStep step) throws IOException {
        steps.add(step);
        TrainedStep.Verdict batch = step.batch();
        if (batch.good()) {
            log.info(
                    "step {}: {} groups, waited {} s, reward mean {}, {} response tokens, oldest {} versions",
                    step.step(),
                    batch.groupIndices().size(),
                    String.format(Locale.ROOT, "%.2f", step.waitSeconds()),
                    String.format(Locale.ROOT, "%.3f", batch.rewardMean()),
                    batch.responseTokens(),
                    batch.ageVersionsMax());
        } else {
            failedSteps.incrementAndGet();
            log.error("step {} had a bad batch: {}", step.step(), String.join("; ", batch.problems()));
        }
        Path file = settings.reportFile();
        if (file != null) {
            WholeFile.write(file, Json.MAPPER.writeValueAsBytes(report()));
        }
    }

    /** Called by the loop's thread, or when it has ended. */
    TrainerReport report() {
        return TrainerReport.of(startedAtMs, settings.steps(), steps);
    }

    /** Steps whose batch was not as it must be. Any thread. */
    int failedSteps() {
        return failedSteps.get();
    }

    @Override
    public void wakeup() {
        stop.countDown();
        synchronized (lock) {
            if (waiting != null) {
                waiting.interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        // The HTTP client ends with its threads, which are daemons.
        journal.close();
    }
}
