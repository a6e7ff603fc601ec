package io.millrace.sandbox.demo;

import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The demo's processes in order of start. Started by one thread, stopped by another after it. */
final class Cluster {
    private final DataFolder folder;
    private final Ticker ticker;
    private final List<Child> children = new ArrayList<>();

    Cluster(DataFolder folder, Ticker ticker) {
        this.folder = folder;
        this.ticker = ticker;
    }

    synchronized Child start(ChildSpec spec) throws IOException {
        return adopt(Child.start(spec, folder.log(spec.name())));
    }

    /** Takes a process that was just started. */
    synchronized Child adopt(Child child) {
        children.add(child);
        folder.writePids(children);
        return child;
    }

    /** A process that has ended, but for the one that may. */
    synchronized Optional<Child> dead(String mayEnd) {
        return children.stream()
                .filter(child -> !child.alive() && !child.name().equals(mayEnd))
                .findFirst();
    }

    /**
     * Stops everything, the last started first; workers together, since none needs another.
     *
     * @param childLimit how long one may take before it is killed
     * @return what did not go cleanly
     */
    synchronized List<String> stop(Duration childLimit, Duration limit) throws InterruptedException {
        List<String> problems = new ArrayList<>();
        long deadlineNanos = ticker.nanos() + limit.toNanos();
        while (!children.isEmpty()) {
            List<Child> stage = new ArrayList<>();
            do {
                stage.add(children.removeLast());
            } while (!children.isEmpty() && isWorker(stage.getFirst()) && isWorker(children.getLast()));
            stage.forEach(Child::terminate);
            long stageDeadlineNanos = Math.min(deadlineNanos, ticker.nanos() + childLimit.toNanos());
            for (Child child : stage) {
                end(child, stageDeadlineNanos, problems);
            }
        }
        return problems;
    }

    private static boolean isWorker(Child child) {
        return child.name().startsWith("worker-");
    }

    private void end(Child child, long deadlineNanos, List<String> problems) throws InterruptedException {
        Duration left = Duration.ofNanos(Math.max(0, deadlineNanos - ticker.nanos()));
        if (!child.awaitEnd(left)) {
            child.kill();
            problems.add(child.name() + " did not stop in time and was killed");
            child.awaitEnd(Duration.ofSeconds(5));
        } else if (child.exitCode() != 0) {
            problems.add(child.lastWords(5));
        }
    }
}
