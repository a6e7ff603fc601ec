package io.millrace.producer.ledger;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.StepRecord;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A made-up run: what happens to each group, told on each topic in the topic's own order. */
final class RandomRun {
    /** Where events are told; each has its order, none has one with another. */
    enum Topic {
        PROMPTS,
        START_OFFSET,
        RECEIPTS,
        WORKERS,
        STEPS
    }

    /**
     * @param publishes the group it publishes
     * @param settles the groups it settles
     */
    record Event(Consumer<Ledger> feed, OptionalInt publishes, List<Integer> settles) {}

    private enum Where {
        QUEUED,
        HELD,
        SUCCEEDED,
        FAILED,
        SETTLED
    }

    private static final int WORKERS = 5;

    private final Random random;
    private final Map<Topic, List<Event>> topics = new EnumMap<>(Topic.class);
    private final List<Where> groups = new ArrayList<>();
    private final List<Long> attempts = new ArrayList<>();
    private final List<Long> offsets = new ArrayList<>();
    private final List<TreeSet<Long>> held = new ArrayList<>();
    private final long[] sequences = new long[WORKERS];
    private final BitSet settled = new BitSet();
    private StepRecord.Totals totals = StepRecord.Totals.NONE;
    private List<Integer> leased = List.of();
    private long step;
    private long nextOffset;

    RandomRun(long seed) {
        random = new Random(seed);
        for (Topic topic : Topic.values()) {
            topics.put(topic, new ArrayList<>());
        }
        for (int i = 0; i < WORKERS; i++) {
            held.add(new TreeSet<>());
        }
    }

    Map<Topic, List<Event>> topics() {
        return topics;
    }

    int published() {
        return groups.size();
    }

    StepRecord.Totals totals() {
        return totals;
    }

    /** Where a group must be once everything is told; null when it is settled. */
    GroupState.@Nullable Kind expected(int index) {
        return switch (groups.get(index)) {
            case QUEUED -> GroupState.Kind.QUEUED;
            case HELD -> GroupState.Kind.IN_FLIGHT;
            case SUCCEEDED -> GroupState.Kind.FINISHED;
            case FAILED -> GroupState.Kind.FAILED;
            case SETTLED -> null;
        };
    }

    /** Something happens. */
    void act() {
        switch (random.nextInt(14)) {
            case 0, 1, 2 -> publish();
            case 3, 4, 5 -> claim();
            case 6, 7 -> end(true);
            case 8 -> end(false);
            case 9 -> status(random.nextInt(WORKERS));
            case 10 -> startOffset();
            case 11 -> lease();
            case 12 -> settleOne();
            default -> again();
        }
    }

    /** Everybody says where they stand. */
    void end() {
        IntStream.range(0, WORKERS).forEach(this::status);
        startOffset();
    }

    private void tell(Topic topic, Consumer<Ledger> feed) {
        topics.get(topic).add(new Event(feed, OptionalInt.empty(), List.of()));
    }

    private void publish() {
        int index = groups.size();
        long offset = nextOffset;
        nextOffset += 1 + random.nextInt(2);
        groups.add(Where.QUEUED);
        attempts.add(1L);
        offsets.add(offset);
        topics.get(Topic.PROMPTS)
                .add(new Event(
                        ledger -> ledger.published(Events.task(index), offset, 0), OptionalInt.of(index), List.of()));
    }

    /** A random group that is somewhere, -1 when there is none near the one asked for. */
    private int any(Where where) {
        if (groups.isEmpty()) {
            return -1;
        }
        int from = Math.max(0, groups.size() - 1 - random.nextInt(400));
        for (int i = from; i < groups.size(); i++) {
            if (groups.get(i) == where) {
                return i;
            }
        }
        return -1;
    }

    private void claim() {
        int index = any(Where.QUEUED);
        if (index >= 0) {
            int worker = random.nextInt(WORKERS);
            groups.set(index, Where.HELD);
            held.get(worker).add((long) index);
            status(worker);
        }
    }

    private void status(int worker) {
        long sequence = ++sequences[worker];
        List<Long> holds = List.copyOf(held.get(worker));
        WorkerIncarnation incarnation = new WorkerIncarnation("w" + worker, "a");
        tell(Topic.WORKERS, ledger -> ledger.workerStatus(Events.status(incarnation, sequence, holds), 0));
    }

    private void end(boolean well) {
        int index = any(Where.HELD);
        if (index < 0) {
            return;
        }
        long attempt = attempts.get(index);
        groups.set(index, well ? Where.SUCCEEDED : Where.FAILED);
        tell(
                Topic.RECEIPTS,
                ledger -> ledger.receipt(well ? Events.success(index, attempt) : Events.failure(index, attempt), 0));
        // The next status no longer names it; one that was written before the receipt still may.
        held.forEach(holds -> holds.remove((long) index));
    }

    private void startOffset() {
        int first = groups.indexOf(Where.QUEUED);
        long offset = first < 0 ? nextOffset : offsets.get(first);
        tell(Topic.START_OFFSET, ledger -> ledger.queueStart(offset, 0));
    }

    private void lease() {
        if (!leased.isEmpty()) {
            List<Integer> trained = leased;
            leased = List.of();
            long acknowledged = step++;
            settle(trained);
            StepRecord.Totals now = count(trained.size(), 0, 0);
            topics.get(Topic.STEPS)
                    .add(new Event(ledger -> ledger.step(Events.ack(acknowledged, now)), OptionalInt.empty(), trained));
            return;
        }
        TreeSet<Integer> batch = new TreeSet<>();
        for (int i = 0; i < 12; i++) {
            int index = any(Where.SUCCEEDED);
            if (index >= 0) {
                batch.add(index);
            }
        }
        if (!batch.isEmpty()) {
            leased = List.copyOf(batch);
            long leasedStep = step;
            List<Long> indices = batch.stream().map(Integer::longValue).toList();
            tell(Topic.STEPS, ledger -> ledger.step(Events.lease(leasedStep, indices)));
        }
    }

    private void settleOne() {
        boolean abandon = random.nextBoolean();
        int index = any(abandon ? Where.FAILED : Where.SUCCEEDED);
        if (index < 0 || leased.contains(index)) {
            return;
        }
        settle(List.of(index));
        StepRecord.Totals now = count(0, abandon ? 0 : 1, abandon ? 1 : 0);
        topics.get(Topic.STEPS)
                .add(new Event(
                        ledger -> ledger.step(abandon ? Events.abandonment(index, now) : Events.discard(index, now)),
                        OptionalInt.empty(),
                        List.of(index)));
    }

    private void settle(List<Integer> indices) {
        for (int index : indices) {
            groups.set(index, Where.SETTLED);
            settled.set(index);
        }
    }

    private StepRecord.Totals count(int trained, int discarded, int abandoned) {
        totals = new StepRecord.Totals(
                totals.trained() + trained,
                totals.discarded() + discarded,
                totals.abandoned() + abandoned,
                settled.nextClearBit(0));
        return totals;
    }

    /** Duplicates, rejections and attempts after a failure, also of settled groups. */
    private void again() {
        Where where = Where.values()[2 + random.nextInt(3)];
        int index = any(where);
        if (index < 0) {
            return;
        }
        long attempt = attempts.get(index);
        boolean rejects = where == Where.SUCCEEDED && random.nextBoolean() && !leased.contains(index);
        if (rejects) {
            for (long every = 1; every <= attempt; every++) {
                long rejected = every;
                tell(Topic.STEPS, ledger -> ledger.step(Events.rejection(index, rejected)));
            }
            groups.set(index, Where.FAILED);
            return;
        }
        long next = attempt + 1;
        attempts.set(index, next);
        tell(Topic.RECEIPTS, ledger -> ledger.receipt(Events.success(index, next), 0));
        if (where == Where.FAILED) {
            groups.set(index, Where.SUCCEEDED);
        }
    }
}
