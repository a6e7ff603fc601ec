package io.millrace.sandbox.model.role;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The groups in workers' hands. Who holds which makes no difference, so workers have no names. Not thread-safe. */
public final class Hands {
    /** An attempt, told from every other. */
    public record HeldAttempt(GroupIndex group, Attempt attempt) implements Comparable<HeldAttempt> {
        @Override
        public int compareTo(HeldAttempt other) {
            int byGroup = group.compareTo(other.group);
            return byGroup != 0 ? byGroup : attempt.compareTo(other.attempt);
        }
    }

    /** Weights as they are, whatever they are called: a version, and the lineage whose trainer made it. */
    public record Weights(Lineage lineage, WeightVersion version) {
        @Override
        public String toString() {
            return version + "of" + lineage;
        }
    }

    /**
     * @param begun what the engines served when the first token was made; null before
     * @param place where its result stands, or will; -1 while nothing was published
     */
    private record Hand(TrainingTask task, @Nullable Weights begun, int place) {}

    private final Topics topics;
    private final Map<HeldAttempt, Hand> hands = new TreeMap<>();

    public Hands(Topics topics) {
        this.topics = topics;
    }

    public int size() {
        return hands.size();
    }

    public List<HeldAttempt> keys() {
        return List.copyOf(hands.keySet());
    }

    public boolean holds(GroupIndex group, Attempt attempt) {
        return hands.containsKey(new HeldAttempt(group, attempt));
    }

    public boolean hasPublished(HeldAttempt key) {
        return hand(key).place() >= 0;
    }

    private Hand hand(HeldAttempt key) {
        Hand hand = hands.get(key);
        if (hand == null) {
            throw new IllegalStateException("nobody holds " + key);
        }
        return hand;
    }

    public void claim(Lane lane) {
        int offset = topics.claimed(lane);
        TrainingTask task = topics.lane(lane).at(offset);
        if (lane == Lane.TRAINING) {
            topics.promptsClaimed++;
        } else {
            topics.urgentClaimed++;
        }
        hands.put(new HeldAttempt(task.groupIndex(), task.attempt()), new Hand(task, null, -1));
    }

    public boolean hasBegun(HeldAttempt key) {
        return hand(key).begun() != null;
    }

    public Lineage lineage(HeldAttempt key) {
        return hand(key).task().lineage();
    }

    public void begin(HeldAttempt key, Weights engines) {
        hands.put(key, new Hand(hand(key).task(), engines, -1));
    }

    public void publishResult(HeldAttempt key, Weights engines) {
        Hand hand = hand(key);
        int place = topics.results.end();
        result(hand, engines);
        hands.put(key, new Hand(hand.task(), hand.begun(), place));
    }

    public void publishReceipt(HeldAttempt key) {
        Hand hand = hand(key);
        receipt(hand.task(), hand.place());
        hands.remove(key);
    }

    private void result(Hand hand, Weights engines) {
        TrainingTask task = hand.task();
        Weights begun = Objects.requireNonNull(hand.begun());
        boolean rose = engines.version().compareTo(begun.version()) >= 0;
        topics.results.append(new Result.Whole(
                task.groupIndex(), task.attempt(), task.lineage(), rose ? begun : engines, rose ? engines : begun));
    }

    private void receipt(TrainingTask task, int place) {
        topics.receipts.append(new Receipt(
                task.groupIndex(),
                task.attempt(),
                Result.WORKER,
                1,
                0,
                2,
                0,
                new Receipt.Success(0, List.of((long) place), new RewardStats(0, 0))));
    }

    public void die(HeldAttempt key) {
        hands.remove(key);
    }

    public void describe(StringBuilder out) {
        out.append("\nW");
        hands.values()
                .forEach(hand ->
                        out.append(" " + Topics.describe(hand.task()) + "b" + hand.begun() + "p" + hand.place()));
    }
}
