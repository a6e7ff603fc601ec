package io.millrace.producer.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.producer.ledger.group.Group;
import io.millrace.producer.ledger.group.GroupState;
import io.millrace.producer.ledger.group.UnsettledGroups;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is due is found without looking at every group, and is what looking at every group finds. */
class DueGroupsTest {
    private static final int SEEDS = 8;
    private static final int EVENTS = 3_000;
    private static final int GROUPS = 30;
    private static final List<WorkerIncarnation> WORKERS = List.of(Events.WORKER, Events.OTHER_WORKER);

    private final Map<AttemptHistory.Kind, Integer> found = new EnumMap<>(AttemptHistory.Kind.class);
    private int doubted;

    @Test
    void itIsWhatLookingAtEveryGroupFinds() {
        for (int seed = 0; seed < SEEDS; seed++) {
            run(seed);
        }
        assertTrue(found.size() >= 5 && found.values().stream().allMatch(many -> many > 50), "too few: " + found);
        assertTrue(doubted > 50, doubted + " doubted");
    }

    private void run(int seed) {
        Random random = new Random(seed);
        Reissues reissues = new Reissues(new RecoveryLimits(3, 4, 10_000, 2_000));
        UnsettledGroups groups = new UnsettledGroups(reissues::overAtMs);
        DueGroups due = new DueGroups(groups, reissues);
        Liveness liveness = new Liveness(Duration.ofSeconds(4), Duration.ofSeconds(4));
        long nowMs = 0;
        long next = 0;
        for (int event = 0; event < EVENTS; event++) {
            // Now and then a gap that ends the ledger's hearing.
            nowMs += random.nextInt(200) == 0 ? 20_000 : random.nextInt(300);
            liveness.turn(nowMs);
            liveness.sent(event, nowMs);
            liveness.readBack(event, nowMs);
            if (groups.first() == Long.MAX_VALUE || (random.nextInt(4) == 0 && next - groups.first() < GROUPS)) {
                publish(groups, groups.add(next++), new Attempt(1), null);
            }
            for (int i = 0; i < 4; i++) {
                List<Group> all = List.copyOf(groups.all());
                something(random, groups, all.get(random.nextInt(all.size())), nowMs);
                if (groups.first() == Long.MAX_VALUE) {
                    break;
                }
            }
            int max = 1 + random.nextInt(12);
            List<Decision> expected = byLookingAtAll(groups, reissues, liveness, nowMs, max);
            assertEquals(expected, due.due(liveness, nowMs, max), "seed " + seed + " event " + event);
            assertEquals(expected, due.due(liveness, nowMs, max), "again, seed " + seed + " event " + event);
            if (random.nextInt(3) > 0) {
                expected.forEach(decision -> follow(groups, decision));
            }
            List<GroupIndex> doubtful = doubtfulOfAll(groups, reissues, liveness, nowMs);
            doubted += doubtful.size();
            assertEquals(doubtful, due.doubtful(liveness, nowMs), "seed " + seed + " event " + event);
            for (GroupState.Kind kind : GroupState.Kind.values()) {
                assertEquals(
                        groups.all().stream()
                                .filter(group -> group.state().kind() == kind)
                                .count(),
                        groups.count(kind),
                        "seed " + seed + " event " + event + " " + kind);
            }
        }
    }

    private static void publish(UnsettledGroups groups, Group group, Attempt attempt, AttemptHistory history) {
        TrainingTask task = Events.task(group.index, attempt.value(), history);
        group.published(history == null ? Lane.TRAINING : Lane.URGENT, task, group.index);
        groups.refresh(group);
    }

    private void follow(UnsettledGroups groups, Decision decision) {
        found.merge(decision.kind(), 1, Integer::sum);
        Group group = groups.get(decision.group().value());
        if (decision instanceof Decision.Reissue again) {
            publish(groups, group, again.attempt(), again.history());
        } else if (decision instanceof Decision.Abandon end) {
            group.givingUp(end.number(), 0);
            groups.refresh(group);
        }
    }

    private static void something(Random random, UnsettledGroups groups, Group group, long nowMs) {
        Attempt attempt = group.issue().attempt();
        WorkerIncarnation worker = WORKERS.get(random.nextInt(2));
        switch (random.nextInt(120)) {
            case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 -> group.heldBy(worker, attempt, nowMs);
            case 10 -> group.taken(attempt, nowMs);
            case 11 -> group.releasedBy(worker, nowMs);
            case 12 -> group.ended(Events.failure(group.index, attempt.value()));
            case 13 -> group.ended(Events.handedBack(group.index, attempt.value()));
            case 14 -> group.ended(Events.success(group.index, attempt.value()));
            case 15 -> group.rejected(attempt, "rejected");
            case 16 -> group.missing(attempt, "missing");
            case 17, 18, 19 -> {
                groups.remove(group.index);
                return;
            }
            default -> {}
        }
        groups.refresh(group);
    }

    /** The rule in words: each group, ascending. */
    private static List<Decision> byLookingAtAll(
            UnsettledGroups groups, Reissues reissues, Liveness liveness, long nowMs, int max) {
        List<Decision> due = new ArrayList<>();
        for (Group group : groups.all()) {
            Decision decision = reissues.decide(group, liveness, nowMs);
            if (decision != null && due.size() < max) {
                due.add(decision);
            }
        }
        return due;
    }

    private static List<GroupIndex> doubtfulOfAll(
            UnsettledGroups groups, Reissues reissues, Liveness liveness, long nowMs) {
        return groups.all().stream()
                .filter(group -> reissues.isDoubtful(group, liveness, nowMs))
                .map(group -> new GroupIndex(group.index))
                .toList();
    }
}
