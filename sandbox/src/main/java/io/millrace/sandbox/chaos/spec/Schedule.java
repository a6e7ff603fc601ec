package io.millrace.sandbox.chaos.spec;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Which faults come, all decided by the seed. Roles take turns in an order shuffled anew each round, so that each gets
 * its share however many faults there are. Pure.
 */
public final class Schedule {
    /** Longer than the ledger waits for a worker, so that its groups are given to others while it is frozen. */
    private static final long LONG_FREEZE_MS = 11_000;

    private static final long LONG_FREEZE_MORE_MS = 3_000;
    private static final long SHORT_MS = 500;
    private static final long SHORT_MORE_MS = 4_500;

    /** Longer than a worker may be silent, so that what clocks break has the time to show. */
    private static final long CLOCK_MS = 12_000;

    private static final long CLOCK_MORE_MS = 6_000;
    private static final int STEPS_BACK_MAX = 5;

    private final Random random;
    private final List<Role> roles;
    private final Set<FaultKind> kinds;
    private final Map<Role, Integer> instances;
    private final boolean brokerLinks;
    private final Duration pauseMax;
    private final double overlapShare;
    private final Map<Role, Integer> turns = new EnumMap<>(Role.class);
    /** What is left of each role's share of kinds. */
    private final Map<Role, List<FaultKind>> decks = new EnumMap<>(Role.class);

    /**
     * @param instances how many processes each role has
     * @param brokerLinks whether the ways to the broker can be broken
     */
    public Schedule(
            long seed,
            List<Role> roles,
            Set<FaultKind> kinds,
            Map<Role, Integer> instances,
            boolean brokerLinks,
            Duration pauseMax,
            double overlapShare) {
        this.random = new Random(seed);
        this.roles = List.copyOf(roles);
        this.kinds = Set.copyOf(kinds);
        this.instances = Map.copyOf(instances);
        this.brokerLinks = brokerLinks;
        this.pauseMax = pauseMax;
        this.overlapShare = overlapShare;
    }

    public List<Fault> draw(int count) {
        List<Fault> faults = new ArrayList<>();
        List<Role> round = new ArrayList<>();
        while (faults.size() < count) {
            if (round.isEmpty()) {
                round.addAll(roles);
                Collections.shuffle(round, random);
            }
            faults.add(fault(faults.size() + 1, round.removeLast()));
        }
        return faults;
    }

    private Fault fault(int number, Role role) {
        FaultKind kind = kind(role);
        // Instances take turns, so that each is hit.
        int turn = turns.merge(role, 1, Integer::sum) - 1;
        boolean onTop = number > 1 && random.nextDouble() < overlapShare;
        Duration pause = Duration.ofMillis((long) (random.nextDouble() * pauseMax.toMillis()));
        return new Fault(
                number,
                kind,
                role,
                turn % instances.getOrDefault(role, 1),
                duration(kind, role),
                amount(kind),
                pause,
                onTop);
    }

    private FaultKind kind(Role role) {
        List<FaultKind> deck = decks.computeIfAbsent(role, none -> new ArrayList<>());
        if (deck.isEmpty()) {
            for (FaultKind kind : FaultKind.values()) {
                if (kinds.contains(kind) && possible(kind, role)) {
                    deck.addAll(Collections.nCopies(kind.weight, kind));
                }
            }
            Collections.shuffle(deck, random);
        }
        return deck.removeLast();
    }

    private boolean possible(FaultKind kind, Role role) {
        return possible(kind, role, brokerLinks);
    }

    /**
     * Engines and the simulated trainer are reached over HTTP, the others have their link to the broker. A broker with
     * others beside it keeps its data: what is promised then is another matter.
     */
    public static boolean possible(FaultKind kind, Role role, boolean brokerLinks) {
        return kind.hits(role)
                && (brokerLinks
                        || role == Role.ENGINE
                        || role == Role.SIMULATED_TRAINER
                        || (!kind.link() && kind != FaultKind.LOG_TAIL && kind != FaultKind.FULL_DISK));
    }

    private Duration duration(FaultKind kind, Role role) {
        return switch (kind) {
            case KILL, TERMINATE, LINK_RESET, LOG_TAIL, HOSTILE, STALLED_READER, RESUME, ZOMBIE, VERSION_RESTART ->
                Duration.ZERO;
            case CLOCK -> Duration.ofMillis(CLOCK_MS + (long) (random.nextDouble() * CLOCK_MORE_MS));
            case FREEZE ->
                role == Role.WORKER && random.nextBoolean()
                        ? Duration.ofMillis(LONG_FREEZE_MS + (long) (random.nextDouble() * LONG_FREEZE_MORE_MS))
                        : shortly();
            case LINK_DELAY, LINK_CUT, LINK_BLACK_HOLE, LINK_REFUSE, FULL_DISK -> shortly();
        };
    }

    private Duration shortly() {
        return Duration.ofMillis(SHORT_MS + (long) (random.nextDouble() * SHORT_MORE_MS));
    }

    private long amount(FaultKind kind) {
        return switch (kind) {
            case LINK_DELAY -> 20 + random.nextInt(180);
            case LINK_CUT -> 1_000L + random.nextInt(200_000);
            // An hour is the limit of much in Kafka; some are below, some beyond.
            case CLOCK -> (random.nextBoolean() ? 1 : -1) * (600L + random.nextInt(7_200));
            case RESUME, ZOMBIE -> (random.nextBoolean() ? 1 : -1) * (1L + random.nextInt(STEPS_BACK_MAX));
            case LOG_TAIL -> random.nextInt(1 << 16);
            default -> 0;
        };
    }
}
