package io.millrace.sandbox.chaos.fleet;

import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.chaos.spec.ChaosPorts;
import io.millrace.sandbox.chaos.spec.ChaosSpecs;
import io.millrace.sandbox.chaos.spec.Role;
import io.millrace.sandbox.cluster.Child;
import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.Cluster;
import io.millrace.sandbox.cluster.ClusterSpec;
import io.millrace.sandbox.cluster.Ports;
import io.millrace.sandbox.cluster.StatusProbe;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * All processes of the run, and the policy that starts an ended one again, as an operator's tools do. An engine takes
 * traffic only once it has the newest weights, as behind a router. One owner.
 */
public final class Fleet {
    private static final Logger log = LoggerFactory.getLogger(Fleet.class);
    /** A process that ends at once must not be started in a tight circle. */
    private static final Duration BETWEEN_STARTS = Duration.ofSeconds(1);
    /** Beyond every limit that a process has for its own stop. */
    private static final Duration TERMINATE_LIMIT = Duration.ofMinutes(1);

    private static final int LAST_LINES = 6;
    private static final int ENDS_LISTED_MAX = 50;

    private final ChaosSpecs specs;
    private final ChaosPorts ports;
    private final Cluster cluster;
    private final Links links;
    private final TrainerWatch watch;
    private final Clocks clocks;
    private final StatusProbe probe = new StatusProbe();
    private final Ticker ticker;
    private final List<Member> members = new ArrayList<>();
    private final List<String> ownEnds = new ArrayList<>();
    private final List<String> uncleanStops = new ArrayList<>();
    private int restarts;
    private int cleanStops;
    private long groupsMax;
    private List<String> comeback = List.of();

    public Fleet(
            ChaosSpecs specs,
            ChaosPorts ports,
            Cluster cluster,
            Links links,
            TrainerWatch watch,
            Clocks clocks,
            Ticker ticker) {
        this.clocks = clocks;
        this.specs = specs;
        this.ports = ports;
        this.cluster = cluster;
        this.links = links;
        this.watch = watch;
        this.ticker = ticker;
    }

    /** Starts a process for the first time. */
    public Member add(Role role, int instance) throws IOException {
        Member member = new Member(role, instance);
        members.add(member);
        start(member);
        return member;
    }

    public Member member(Role role, int instance) {
        return members.stream()
                .filter(member -> member.role == role && member.instance == instance)
                .findFirst()
                .orElseThrow();
    }

    /** The simulated trainer, once started again, has these arguments too, once. */
    public void comeBack(List<String> arguments) {
        comeback = List.copyOf(arguments);
    }

    /** The producer, once started again, publishes so many groups in all. */
    public void limitGroups(long max) {
        groupsMax = max;
    }

    private ChildSpec spec(Member member) {
        return specs.of(member.role, member.instance, groupsMax);
    }

    private void start(Member member) throws IOException {
        if (member.role == Role.ENGINE) {
            links.shut(Role.ENGINE, member.instance, true);
        }
        ChildSpec spec = spec(member);
        if (member.role == Role.SIMULATED_TRAINER) {
            spec = spec.withArguments(comeback);
            comeback = List.of();
        }
        member.child = cluster.start(spec.withJvmOptions(clocks.options(member.role, member.instance)));
        member.startedNanos = ticker.nanos();
        member.endWanted = false;
        member.terminated = false;
        member.ready = false;
        member.starts++;
    }

    /** Ends what has not stopped in time, starts what has ended, and looks whether what was started is ready. */
    public void turn() throws IOException, InterruptedException {
        for (Member member : members) {
            Child child = member.child;
            if (child == null) {
                continue;
            }
            if (!child.alive()) {
                ended(member, child);
            } else if (member.terminated && since(member.terminatedNanos).compareTo(TERMINATE_LIMIT) > 0) {
                uncleanStop(member.name() + " did not stop within " + TERMINATE_LIMIT.toSeconds() + " s");
                member.terminated = false;
                child.kill();
            } else if (!member.ready && !member.endWanted) {
                member.ready = isReady(member);
            }
        }
    }

    private Duration since(long nanos) {
        return Duration.ofNanos(ticker.nanos() - nanos);
    }

    private void ended(Member member, Child child) throws IOException {
        if (member.terminated) {
            if (child.exitCode() == 0) {
                cleanStops++;
            } else {
                uncleanStop(child.lastWords(LAST_LINES));
            }
            member.terminated = false;
        } else if (!member.endWanted && !member.endsAccepted) {
            log.warn("{}", child.lastWords(LAST_LINES));
            if (ownEnds.size() < ENDS_LISTED_MAX) {
                ownEnds.add(child.lastWords(LAST_LINES));
            }
            member.endWanted = true;
        }
        if (since(member.startedNanos).compareTo(BETWEEN_STARTS) > 0) {
            restarts++;
            start(member);
        }
    }

    private void uncleanStop(String words) {
        log.warn("{}", words);
        if (uncleanStops.size() < ENDS_LISTED_MAX) {
            uncleanStops.add(words);
        }
    }

    private boolean isReady(Member member) throws InterruptedException {
        return switch (member.role) {
            case BROKER -> Ports.answers(ports.broker(member.instance));
            case SIMULATED_TRAINER -> member.alive();
            case ENGINE -> announce(member.instance);
            default -> probe.status(spec(member).readyUrl()) == 200;
        };
    }

    private boolean announce(int instance) throws InterruptedException {
        ObjectNode body = Json.object()
                .put("new_version", Long.toString(watch.weightVersion()))
                .put("abort_all_requests", false);
        boolean told = probe.post(ClusterSpec.url(ports.engine(instance)) + "/update_weight_version", body) == 200;
        if (told) {
            links.shut(Role.ENGINE, instance, false);
        }
        return told;
    }

    /** Every process runs, and was ready since it was started; those of them that can say so are ready now. */
    public boolean allReady() throws InterruptedException {
        return notReady().isEmpty();
    }

    /** Which are not, in words. */
    public List<String> notReady() throws InterruptedException {
        List<String> names = new ArrayList<>();
        for (Member member : members) {
            String url = spec(member).readyUrl();
            boolean ready = member.alive() && member.ready && !member.endWanted;
            if (!ready || (!url.isEmpty() && probe.status(url) != 200)) {
                names.add(member.name());
            }
        }
        return names;
    }

    public int restarts() {
        return restarts;
    }

    public int cleanStops() {
        return cleanStops;
    }

    public List<String> uncleanStops() {
        return uncleanStops;
    }

    /** Last words of processes that ended without being told to. */
    public List<String> ownEnds() {
        return ownEnds;
    }

    public void kill(Member member) {
        Child child = member.child;
        if (child != null) {
            member.endWanted = true;
            child.kill();
        }
    }

    public void terminate(Member member) {
        Child child = member.child;
        if (child != null) {
            member.endWanted = true;
            member.terminated = true;
            member.terminatedNanos = ticker.nanos();
            child.terminate();
        }
    }
}
