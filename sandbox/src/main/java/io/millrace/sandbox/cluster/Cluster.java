package io.millrace.sandbox.cluster;

import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The processes of a demo or chaos run in order of start. Started by one thread, stopped by another after it. */
public final class Cluster {
    private static final String BROKER = "broker";

    /** A broker whose quorum has gone waits for it in vain. */
    private static final Duration QUORUM_LIMIT = Duration.ofSeconds(10);

    private final DataFolder folder;
    private final Ticker ticker;
    private final List<Child> children = new ArrayList<>();

    public Cluster(DataFolder folder, Ticker ticker) {
        this.folder = folder;
        this.ticker = ticker;
    }

    public synchronized Child start(ChildSpec spec) throws IOException {
        return adopt(Child.start(spec, folder.log(spec.name())));
    }

    /** Takes a process that was just started; one of its name that has ended makes room for it. */
    public synchronized Child adopt(Child child) {
        int place = 0;
        while (place < children.size() && !children.get(place).name().equals(child.name())) {
            place++;
        }
        if (place == children.size()) {
            children.add(child);
        } else if (children.get(place).alive()) {
            throw new IllegalStateException(child.name() + " runs already");
        } else {
            children.set(place, child);
        }
        folder.writePids(children);
        return child;
    }

    /**
     * Kills a process and all that it has started, and starts it again.
     *
     * @param limit of waiting for its end
     */
    public synchronized void killAndRestart(ChildSpec spec, Duration limit) throws IOException, InterruptedException {
        for (Child child : List.copyOf(children)) {
            if (child.name().equals(spec.name())) {
                child.killTree();
                child.awaitEnd(limit);
            }
        }
        start(spec);
    }

    /** A process that has ended, but for the one that may. */
    public synchronized Optional<Child> dead(String mayEnd) {
        return children.stream()
                .filter(child -> !child.alive() && !child.name().equals(mayEnd))
                .findFirst();
    }

    /**
     * Stops everything, the last started first; those of one role together, since no worker needs another, and the last
     * broker of a quorum cannot leave in order any more.
     *
     * @param childLimit how long one may take before it is killed
     * @return what did not go cleanly
     */
    public synchronized List<String> stop(Duration childLimit, Duration limit) throws InterruptedException {
        List<String> problems = new ArrayList<>();
        long deadlineNanos = ticker.nanos() + limit.toNanos();
        while (!children.isEmpty()) {
            List<Child> stage = new ArrayList<>();
            do {
                stage.add(children.removeLast());
            } while (!children.isEmpty() && role(stage.getFirst()).equals(role(children.getLast())));
            stage.forEach(Child::terminate);
            boolean quorum = stage.size() > 1 && role(stage.getFirst()).equals(BROKER);
            Duration limitOfEach = quorum && QUORUM_LIMIT.compareTo(childLimit) < 0 ? QUORUM_LIMIT : childLimit;
            long stageDeadlineNanos = Math.min(deadlineNanos, ticker.nanos() + limitOfEach.toNanos());
            for (Child child : stage) {
                end(child, stageDeadlineNanos, quorum, problems);
            }
        }
        return problems;
    }

    /** A name without its number. */
    private static String role(Child child) {
        int dash = child.name().lastIndexOf('-');
        return dash < 0 ? child.name() : child.name().substring(0, dash);
    }

    /** @param mayHang whether it is no problem that it does not end: nobody is left to let it go */
    private void end(Child child, long deadlineNanos, boolean mayHang, List<String> problems)
            throws InterruptedException {
        Duration left = Duration.ofNanos(Math.max(0, deadlineNanos - ticker.nanos()));
        if (!child.awaitEnd(left)) {
            child.kill();
            if (!mayHang) {
                problems.add(child.name() + " did not stop in time and was killed");
            }
            child.awaitEnd(Duration.ofSeconds(5));
        } else if (child.exitCode() != 0) {
            problems.add(child.lastWords(5));
        }
    }
}
