package io.millrace.sandbox.chaos.inject;

import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.broker.LogTails;
import io.millrace.sandbox.chaos.fleet.Clocks;
import io.millrace.sandbox.chaos.fleet.Fleet;
import io.millrace.sandbox.chaos.fleet.Links;
import io.millrace.sandbox.chaos.fleet.Member;
import io.millrace.sandbox.chaos.fleet.TrainerWatch;
import io.millrace.sandbox.chaos.spec.ChaosPorts;
import io.millrace.sandbox.chaos.spec.ChaosSettings;
import io.millrace.sandbox.chaos.spec.ChaosSpecs;
import io.millrace.sandbox.chaos.spec.Fault;
import io.millrace.sandbox.chaos.spec.FaultKind;
import io.millrace.sandbox.cluster.Child;
import io.millrace.sandbox.proxy.LinkState;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does faults and undoes them. One owner. */
public final class Injector {
    private static final Logger log = LoggerFactory.getLogger(Injector.class);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
    /** A zombie whose successor does not come has nobody to disturb. */
    private static final Duration ZOMBIE_LIMIT = Duration.ofSeconds(100);

    private final ChaosSettings settings;
    private final ChaosSpecs specs;
    private final ChaosPorts ports;
    private final Fleet fleet;
    private final Links links;
    private final TrainerWatch watch;
    private final Clocks clocks;
    private final BrokerDisk disk;
    private final Enemy enemy;
    private final TrainerCalls calls;
    private final Ticker ticker;
    private final WallClock clock;
    private final List<String> problems;

    /** @param problems what is answered that must not be is added here */
    public Injector(
            ChaosSettings settings,
            ChaosSpecs specs,
            ChaosPorts ports,
            Fleet fleet,
            Links links,
            TrainerWatch watch,
            Clocks clocks,
            BrokerDisk disk,
            Ticker ticker,
            WallClock clock,
            List<String> problems) {
        this.settings = settings;
        this.specs = specs;
        this.ports = ports;
        this.fleet = fleet;
        this.links = links;
        this.watch = watch;
        this.clocks = clocks;
        this.disk = disk;
        this.enemy = new Enemy(settings.seed());
        this.calls = new TrainerCalls(ports.trainer());
        this.ticker = ticker;
        this.clock = clock;
        this.problems = problems;
    }

    /** Why a kind of fault cannot be done on this machine; empty when it can. */
    public String impossible(FaultKind kind) {
        return kind == FaultKind.FULL_DISK && !disk.mounted()
                ? "a file system for the broker needs the rights of root"
                : "";
    }

    /** Whether its target is there to be hit. */
    public boolean possible(Fault fault) {
        return switch (fault.kind()) {
            case STALLED_READER, ZOMBIE ->
                watch.open() && fleet.member(fault.role(), fault.instance()).alive();
            default ->
                fault.kind().link()
                        || fleet.member(fault.role(), fault.instance()).alive();
        };
    }

    /** @param tries how often the fault was done before, without effect */
    public Injection begin(Fault fault, int tries) throws IOException, InterruptedException {
        Member member = fleet.member(fault.role(), fault.instance());
        Injection injection = new Injection(fault, clock.millis(), ticker.nanos(), member.starts);
        switch (fault.kind()) {
            case KILL -> fleet.kill(member);
            case TERMINATE -> fleet.terminate(member);
            case FREEZE -> {
                Child child = member.child;
                if (child != null) {
                    child.freeze();
                }
            }
            case LINK_RESET -> links.reset(fault.role(), fault.instance());
            case LINK_DELAY -> set(fault, new LinkState.Delayed(Duration.ofMillis(fault.amount())));
            case LINK_CUT -> set(fault, new LinkState.CutAfter(fault.amount()));
            case LINK_BLACK_HOLE -> set(fault, new LinkState.BlackHole());
            case LINK_REFUSE -> set(fault, new LinkState.Refused());
            case CLOCK -> clocks.set(fault.role(), fault.instance(), fault.amount());
            case LOG_TAIL -> cutTails(injection, member, tries);
            case FULL_DISK -> {
                member.endsAccepted = true;
                disk.fill();
            }
            case HOSTILE -> attack(injection);
            case STALLED_READER -> {
                injection.held = stall();
                injection.effect = Injection.Effect.OPEN;
            }
            case RESUME -> comeBack(member, fault);
            case VERSION_RESTART -> {
                fleet.comeBack(List.of("--version-restart", "true"));
                fleet.kill(member);
            }
            case ZOMBIE -> {
                injection.past = watch.newest();
                comeBack(member, fault);
            }
        }
        if (fault.kind().atOnce() && injection.calls == null) {
            injection.endedMs = clock.millis();
        }
        return injection;
    }

    private void set(Fault fault, LinkState state) {
        links.set(fault.role(), fault.instance(), state);
    }

    private void comeBack(Member trainer, Fault fault) {
        fleet.comeBack(List.of(
                "--resume-back",
                "" + Math.abs(fault.amount()),
                "--resume-mode",
                fault.amount() < 0 ? "fresh" : "replay"));
        fleet.kill(trainer);
    }

    private StalledReaders stall() throws IOException {
        TrainerWatch.Received step = watch.newest();
        return StalledReaders.begin(
                ports.trainer(),
                step == null ? "/v1/status" : "/v1/steps/" + step.step() + "/batch?lease=" + step.token(),
                ticker);
    }

    private void attack(Injection injection) throws InterruptedException {
        Fault fault = injection.fault;
        switch (fault.role()) {
            case BROKER -> {
                enemy.babble(ports.broker(fault.instance()));
                enemy.pollute(specs.directBootstrap(), settings.run().run().value());
            }
            case TRAINER -> {
                enemy.babble(ports.trainer());
                injection.calls = refused(enemy.forged(ports.trainer()));
            }
            default -> enemy.babble(ports.ops(fault.role(), fault.instance()));
        }
    }

    /**
     * As after a power loss: the broker is dead, and what it had not written to the disk is gone.
     *
     * @param tries of the same fault before, that cut nothing
     */
    private void cutTails(Injection injection, Member broker, int tries) throws IOException, InterruptedException {
        Child child = broker.child;
        fleet.kill(broker);
        if (child == null || !child.awaitEnd(KILL_LIMIT)) {
            throw new IOException("the broker did not die of SIGKILL");
        }
        List<String> cut = LostTails.cut(
                new LogTails(specs.brokerData(broker.instance)),
                settings.run().run().value(),
                // Others are chosen where those had nothing to lose.
                new Random(injection.fault.amount() + ((long) tries << 32)));
        log.info("the ends of logs are gone: {}", cut);
        if (cut.isEmpty()) {
            injection.effect = Injection.Effect.NONE;
            injection.why = "no log of the chosen topics had an end to lose";
        }
    }

    /** Until the server's answer tells whether there is a batch that the readers stall. */
    private void look(Injection injection, StalledReaders readers) {
        injection.effect = readers.look();
        if (injection.effect == Injection.Effect.OPEN) {
            return;
        }
        injection.endedMs = clock.millis();
        if (injection.effect == Injection.Effect.NONE) {
            injection.why = "no reader was sent a batch, but " + readers.answers();
            readers.close();
            injection.held = null;
        }
    }

    /** Undoes the fault when its time has come. */
    public void turn(Injection injection) throws IOException, InterruptedException {
        if (injection.ended()) {
            release(injection);
            return;
        }
        StalledReaders readers = injection.held;
        if (readers != null) {
            look(injection, readers);
            return;
        }
        RefusedCalls open = injection.calls;
        if (open != null) {
            ask(injection, open);
            return;
        }
        Fault fault = injection.fault;
        Member member = fleet.member(fault.role(), fault.instance());
        if (fault.kind() == FaultKind.TERMINATE) {
            // Started again: the stop is over, whatever it took.
            if (member.starts > injection.startsBefore) {
                injection.endedMs = clock.millis();
            }
        } else if (fault.kind() == FaultKind.ZOMBIE) {
            zombie(injection);
        } else if (fault.kind().timed()
                && ticker.nanos() - injection.beganNanos >= fault.duration().toNanos()) {
            undo(fault, member);
            injection.endedMs = clock.millis();
        }
    }

    /** What was held against the run while it recovered is let go. */
    private static void release(Injection injection) {
        StalledReaders held = injection.held;
        if (held != null && injection.recoveredMs > 0) {
            held.close();
            injection.held = null;
        }
    }

    private RefusedCalls refused(List<RefusedCalls.Call> made) {
        return new RefusedCalls(made, Thread::startVirtualThread, ticker);
    }

    /** Until everything that must be refused was answered. */
    private void ask(Injection injection, RefusedCalls open) {
        open.turn();
        if (open.over()) {
            for (String problem : open.problems()) {
                problems.add("fault " + injection.fault.number() + ": " + problem);
            }
            injection.calls = null;
            injection.endedMs = clock.millis();
        }
    }

    /** Once its successor trains in another lineage, the killed trainer's last words arrive. */
    private void zombie(Injection injection) {
        TrainerWatch.Received past = injection.past;
        TrainerWatch.Received now = watch.newest();
        if (past != null && now != null && now.lineage() > past.lineage()) {
            injection.calls = refused(calls.late(past, watch.weightVersion() + 1));
        } else if (Duration.ofNanos(ticker.nanos() - injection.beganNanos).compareTo(ZOMBIE_LIMIT) > 0) {
            problems.add("fault " + injection.fault.number() + ": no other lineage came, " + injection.fault.words());
            injection.endedMs = clock.millis();
        }
    }

    private void undo(Fault fault, Member member) throws IOException, InterruptedException {
        Child child = member.child;
        if (fault.kind().link()) {
            set(fault, new LinkState.Clear());
        } else if (fault.kind() == FaultKind.FREEZE && child != null) {
            child.thaw();
        } else if (fault.kind() == FaultKind.CLOCK) {
            clocks.set(fault.role(), fault.instance(), 0);
        } else if (fault.kind() == FaultKind.FULL_DISK) {
            disk.free();
            member.endsAccepted = false;
        }
    }
}
