package io.millrace.common.reward;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How long each hostile text takes, as the model's response to every reward: the table in docs/RELIABILITY.md. A main and
 * no test, since a time says as much about the machine as about the code; what tests hold is the counted work.
 *
 * <p>Each is scored until it has been so for a tenth of a second or 20 times, then three times more; the longest of the three
 * counts. Times are those of the thread on a processor: what else the machine does, and collections of garbage, are not
 * in them. Prints the slowest, in milliseconds.
 */
final class HostileTimes {
    private static final int SLOWEST_SHOWN = 25;
    private static final int WARM_UP_RUNS = 20;
    private static final long WARM_UP_NANOS = 100_000_000;
    private static final int RUNS = 3;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private record Timed(String what, double millis) {}

    private HostileTimes() {}

    /** @param args none, or a part of the names of the cases to be timed */
    public static void main(String[] args) throws RewardException {
        Rewards rewards = Rewards.computed().seeded(1);
        List<Timed> timed = new ArrayList<>();
        for (HostileRequests.Named named : (Iterable<HostileRequests.Named>) HostileRequests.responses()::iterator) {
            if (args.length == 0 || named.name().contains(args[0])) {
                timed.add(new Timed(named.name(), millis(rewards, named.request())));
            }
        }
        timed.sort(Comparator.comparingDouble(Timed::millis).reversed());
        for (Timed slow : timed.subList(0, Math.min(SLOWEST_SHOWN, timed.size()))) {
            System.out.printf("%8.1f ms  %s%n", slow.millis(), slow.what());
        }
        System.out.println(timed.size() + " timed");
    }

    private static double millis(Rewards rewards, RewardRequest request) throws RewardException {
        long warm = System.nanoTime() + WARM_UP_NANOS;
        for (int run = 0; run < WARM_UP_RUNS && System.nanoTime() - warm < 0; run++) {
            rewards.score(request);
        }
        long longest = 0;
        for (int run = 0; run < RUNS; run++) {
            long begin = THREADS.getCurrentThreadCpuTime();
            rewards.score(request);
            longest = Math.max(longest, THREADS.getCurrentThreadCpuTime() - begin);
        }
        return longest / 1e6;
    }
}
