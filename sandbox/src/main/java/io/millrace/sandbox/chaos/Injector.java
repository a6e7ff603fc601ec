package io.millrace.sandbox.chaos;

import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.cluster.Child;
import io.millrace.sandbox.proxy.LinkState;
import java.io.IOException;
import java.time.Duration;

/** Does faults and undoes them. One owner. */
final class Injector {
    private final Fleet fleet;
    private final Links links;
    private final Ticker ticker;
    private final WallClock clock;

    Injector(Fleet fleet, Links links, Ticker ticker, WallClock clock) {
        this.fleet = fleet;
        this.links = links;
        this.ticker = ticker;
        this.clock = clock;
    }

    /** Whether its target is there to be hit. */
    boolean possible(Fault fault) {
        return fault.kind().link || fleet.member(fault.role(), fault.instance()).alive();
    }

    Injection begin(Fault fault) throws IOException, InterruptedException {
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
        }
        if (fault.kind() == FaultKind.KILL || fault.kind() == FaultKind.LINK_RESET) {
            injection.endedMs = clock.millis();
        }
        return injection;
    }

    private void set(Fault fault, LinkState state) {
        links.set(fault.role(), fault.instance(), state);
    }

    /** Undoes the fault when its time has come. */
    void turn(Injection injection) throws IOException, InterruptedException {
        if (injection.ended()) {
            return;
        }
        Fault fault = injection.fault;
        Member member = fleet.member(fault.role(), fault.instance());
        if (fault.kind() == FaultKind.TERMINATE) {
            // Started again: the stop is over, whatever it took.
            if (member.starts > injection.startsBefore) {
                injection.endedMs = clock.millis();
            }
        } else if (ticker.nanos() - injection.beganNanos >= fault.duration().toNanos()) {
            undo(fault, member);
            injection.endedMs = clock.millis();
        }
    }

    private void undo(Fault fault, Member member) throws IOException, InterruptedException {
        Child child = member.child;
        if (fault.kind().link) {
            set(fault, new LinkState.Clear());
        } else if (fault.kind() == FaultKind.FREEZE && child != null) {
            child.thaw();
        }
    }
}
