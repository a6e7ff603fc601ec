package io.millrace.sandbox.chaos;

import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.chaos.fleet.Clocks;
import io.millrace.sandbox.chaos.fleet.Fleet;
import io.millrace.sandbox.chaos.fleet.Links;
import io.millrace.sandbox.chaos.fleet.TrainerWatch;
import io.millrace.sandbox.chaos.inject.BrokerDisk;
import io.millrace.sandbox.chaos.inject.Injection;
import io.millrace.sandbox.chaos.inject.Injections;
import io.millrace.sandbox.chaos.inject.Injector;
import io.millrace.sandbox.chaos.inject.StalledReaders;
import io.millrace.sandbox.chaos.spec.ChaosPorts;
import io.millrace.sandbox.chaos.spec.ChaosSettings;
import io.millrace.sandbox.chaos.spec.ChaosSpecs;
import io.millrace.sandbox.chaos.spec.Fault;
import io.millrace.sandbox.chaos.spec.FaultKind;
import io.millrace.sandbox.chaos.spec.PoisonedDataset;
import io.millrace.sandbox.chaos.spec.Role;
import io.millrace.sandbox.cluster.ClusterRun;
import io.millrace.sandbox.cluster.DataFolder;
import io.millrace.sandbox.oracle.Oracle;
import io.millrace.sandbox.oracle.Verdict;
import io.millrace.sandbox.trainer.WholeFile;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run from the first process to the verdict, on one thread that owns everything here but the oracle's consumer. A
 * fault is over when it was undone, and the run has recovered when every process is ready and the trainer has received two
 * steps since: the second was leased after the fault's end.
 */
final class ChaosRun extends ClusterRun {
    private static final Logger log = LoggerFactory.getLogger(ChaosRun.class);
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration ORACLE_LIMIT = Duration.ofMinutes(1);
    private static final Duration CHILD_STOP_LIMIT = Duration.ofSeconds(30);
    /** A run that recovers from nothing any more proves nothing any more. */
    private static final int UNRECOVERED_MAX = 2;

    private final ChaosSettings settings;
    private final ChaosSpecs specs;
    private final Links links;
    private final BrokerDisk disk;
    private final Fleet fleet;
    private final Injector injector;
    private final TrainerWatch watch;
    private final WallClock clock;
    private final Fatal fatal;
    private final Injections injections = new Injections();
    /** Those of them that the run has not recovered from. */
    private final List<Injection> open = new ArrayList<>();

    private final List<String> problems = new ArrayList<>();
    /** Faults that this machine has no means for. */
    private final List<String> notRun = new ArrayList<>();

    private final long begunNanos;
    private int unrecovered;
    private @Nullable Oracle oracle;
    private @Nullable Verdict verdict;
    private long auditFindings = -1;

    /** @param onFinished called once, by the loop's thread, when the run has been judged */
    ChaosRun(
            ChaosSettings settings,
            DataFolder folder,
            Links links,
            BrokerDisk disk,
            Ticker ticker,
            WallClock clock,
            Fatal fatal,
            Runnable onFinished) {
        super(folder, ticker, onFinished);
        this.settings = settings;
        this.specs = new ChaosSpecs(settings, folder);
        ChaosPorts ports = new ChaosPorts(settings.basePort());
        this.links = links;
        this.watch = new TrainerWatch(specs.journal());
        this.disk = disk;
        Clocks clocks = new Clocks(
                folder.logs(), settings.schedule().stream().anyMatch(fault -> fault.kind() == FaultKind.CLOCK));
        this.fleet = new Fleet(specs, ports, cluster, links, watch, clocks, ticker);
        this.injector =
                new Injector(settings, specs, ports, fleet, links, watch, clocks, disk, ticker, clock, problems);
        this.clock = clock;
        this.fatal = fatal;
        this.begunNanos = ticker.nanos();
    }

    @Override
    protected void run() throws Exception {
        startAll();
        for (Fault fault : settings.schedule()) {
            if (unrecovered >= UNRECOVERED_MAX) {
                problems.add("gave up before fault " + fault.number() + ": nothing recovers any more");
                break;
            }
            carryOut(fault);
        }
        awaitRecovery();
        problems.addAll(new Drain(settings, fleet, this::await, ticker).run());
        judge();
    }

    private void startAll() throws Exception {
        PoisonedDataset.write(settings.cluster().dataset(), settings.poisonShare(), specs.dataset());
        for (int i = 0; i < settings.brokers(); i++) {
            fleet.add(Role.BROKER, i);
        }
        require("the brokers to answer", fleet::allReady);
        for (int i = 0; i < settings.engines(); i++) {
            fleet.add(Role.ENGINE, i);
        }
        fleet.add(Role.PRODUCER, 0);
        for (int i = 0; i < settings.run().workers(); i++) {
            fleet.add(Role.WORKER, i);
        }
        fleet.add(Role.TRAINER, 0);
        require("every process to be ready", fleet::allReady);
        Oracle started =
                new Oracle(specs.directBootstrap(), settings.run().run().value(), fatal);
        started.start();
        oracle = started;
        fleet.add(Role.SIMULATED_TRAINER, 0);
        require("the first two steps", () -> watch.acknowledged() >= 2);
        say("running: " + watch.acknowledged() + " steps");
    }

    /** A run that does not even start is no run. */
    private void require(String what, Callable<Boolean> condition) throws Exception {
        if (!await(condition, START_LIMIT)) {
            throw new IOException("waited " + START_LIMIT.toSeconds() + " s for " + what + "; not ready: "
                    + fleet.notReady() + "; logs say why");
        }
    }

    private void carryOut(Fault fault) throws Exception {
        String why = injector.impossible(fault.kind());
        if (!why.isEmpty()) {
            notRun.add("fault " + fault.number() + ", " + fault.words() + ": " + why);
            say("fault " + fault.number() + " is not run: " + why);
            return;
        }
        while (injections.again(fault)) {
            int tries = injections.tries(fault);
            if (!fault.onTop() || tries > 0) {
                awaitRecovery();
            }
            pause(fault.pause());
            if (!await(() -> injector.possible(fault), settings.recoveryLimit())) {
                problems.add("fault " + fault.number() + " found nothing to hit: " + fault.words());
                return;
            }
            Injection injection = injector.begin(fault, tries);
            injections.add(injection);
            open.add(injection);
            say("fault " + fault.number() + ": " + fault.words());
            // Each kind has a limit of its own.
            while (injection.effect == Injection.Effect.OPEN) {
                turn();
            }
            if (injection.effect == Injection.Effect.NONE) {
                say("  without effect: " + injection.why);
            }
        }
        if (!injections.hasCounted(fault)) {
            problems.add(
                    "fault " + fault.number() + " had no effect, " + Injections.TRIES_MAX + " times: " + fault.words());
        }
    }

    private void awaitRecovery() throws Exception {
        if (open.isEmpty()) {
            return;
        }
        boolean ended = await(() -> open.stream().allMatch(Injection::ended), settings.recoveryLimit());
        long endedMs =
                open.stream().mapToLong(injection -> injection.endedMs).max().orElse(0);
        boolean recovered =
                ended && await(() -> watch.receivedSince(endedMs) >= 2 && fleet.allReady(), settings.recoveryLimit());
        for (Injection injection : open) {
            if (recovered) {
                injection.recoveredMs = clock.millis();
            } else {
                String problem =
                        "no recovery within " + settings.recoveryLimit().toSeconds() + " s from fault "
                                + injection.fault.number() + ", " + injection.fault.words() + "; not ready: "
                                + fleet.notReady();
                problems.add(problem);
                say(problem);
            }
        }
        unrecovered = recovered ? 0 : unrecovered + 1;
        if (recovered) {
            say("  recovered after " + (clock.millis() - endedMs) + " ms, " + watch.acknowledged() + " steps");
        }
        open.clear();
    }

    private void pause(Duration pause) throws Exception {
        long untilNanos = ticker.nanos() + pause.toNanos();
        while (ticker.nanos() - untilNanos < 0) {
            turn();
        }
    }

    @Override
    protected void look() throws Exception {
        watch.look();
        for (Injection injection : injections.all()) {
            injector.turn(injection);
        }
        fleet.turn();
    }

    private void judge() throws Exception {
        Oracle judge = oracle;
        if (judge == null) {
            return;
        }
        if (!judge.awaitEnd(ORACLE_LIMIT)) {
            problems.add("the oracle did not reach the end of the topics");
        }
        judge.stop(ORACLE_LIMIT);
        Verdict judged = judge.judge(specs.journal(), specs.engineLedgers(), settings.rules());
        verdict = judged;
        AuditCheck.Outcome audit = AuditCheck.run(specs.audit(), folder.log("audit"));
        List<String> auditProblems = AuditCheck.problems(audit, judged);
        auditFindings = auditProblems.size();
        problems.addAll(auditProblems);
    }

    static void say(String words) {
        log.info("{}", words);
        System.out.println(words);
    }

    /** Kafka's data stays where something is wrong. */
    @Override
    protected void stop(Duration limit) throws Exception {
        Oracle judge = oracle;
        if (judge != null) {
            judge.stop(ORACLE_LIMIT);
        }
        problems.addAll(cluster.stop(CHILD_STOP_LIMIT, limit));
        links.close();
        for (Injection injection : injections.all()) {
            StalledReaders held = injection.held;
            if (held != null) {
                held.close();
            }
        }
        ChaosReport report = new ChaosReport(
                settings.seed(),
                settings.faults(),
                (ticker.nanos() - begunNanos) / 1e9,
                injections.done().stream().map(ChaosReport.Recovery::of).toList(),
                fleet.restarts(),
                fleet.cleanStops(),
                fleet.uncleanStops(),
                fleet.ownEnds(),
                notRun,
                injections.withoutEffect(),
                problems,
                verdict,
                auditFindings);
        disk.unmount(!report.good());
        folder.finish(!report.good());
        tell(report);
        if (!report.good()) {
            throw new RunFailedException("not everything is as it must be; the report says what");
        }
    }

    private void tell(ChaosReport report) throws IOException {
        report.markdown().forEach(System.out::println);
        report.notRun().forEach(words -> System.out.println("not run: " + words));
        report.withoutEffect().forEach(words -> System.out.println("without effect: " + words));
        report.problems().forEach(problem -> System.out.println("problem: " + problem));
        report.uncleanStops().forEach(words -> System.out.println("unclean stop: " + words));
        report.ownEnds().forEach(words -> System.out.println("ended by itself: " + words));
        Verdict judged = verdict;
        if (judged != null) {
            judged.findings().forEach(finding -> System.out.println("finding: " + finding));
        }
        System.out.println(report.good() ? "good: nothing lost, nothing trained twice" : "NOT good");
        if (settings.reportFile() != null) {
            WholeFile.writeJson(settings.reportFile(), report);
        }
        if (settings.markdownFile() != null) {
            WholeFile.writeLines(settings.markdownFile(), report.markdown());
        }
    }
}
