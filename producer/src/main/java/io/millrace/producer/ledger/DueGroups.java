package io.millrace.producer.ledger;

import io.millrace.common.id.GroupIndex;
import io.millrace.producer.ledger.group.Group;
import io.millrace.producer.ledger.group.UnsettledGroups;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the groups that {@link Reissues} decides something about, without looking at the others: those that failed, and
 * those in flight of which nothing was heard in time. Owned by the ledger.
 */
final class DueGroups {
    private final UnsettledGroups groups;
    private final Reissues reissues;

    DueGroups(UnsettledGroups groups, Reissues reissues) {
        this.groups = groups;
        this.reissues = reissues;
    }

    /**
     * What is to be issued again or given up now, ascending by index.
     *
     * @param max how many decisions at most
     */
    List<Decision> due(Liveness liveness, long nowMs, int max) {
        Collection<Group> over = groups.silent().over(nowMs);
        List<Decision> due = decided(groups.failed(), liveness, nowMs, max);
        if (reissues.judgesSilence(liveness, nowMs)) {
            due.addAll(decided(over, liveness, nowMs, max));
            due.sort(Comparator.comparing(Decision::group));
        }
        return due.size() > max ? due.subList(0, max) : due;
    }

    private List<Decision> decided(Collection<Group> candidates, Liveness liveness, long nowMs, int max) {
        List<Decision> due = new ArrayList<>();
        List<Group> heard = new ArrayList<>();
        for (Group group : candidates) {
            Decision decision = reissues.decide(group, liveness, nowMs);
            if (decision == null) {
                heard.add(group);
            } else {
                due.add(decision);
                if (due.size() >= max) {
                    break;
                }
            }
        }
        groups.silent().notOver(heard);
        return due;
    }

    /** Takes abandonments of which no receipt was read back in time for never written; returns their groups. */
    List<GroupIndex> doubtful(Liveness liveness, long nowMs) {
        List<Group> doubtful = new ArrayList<>();
        for (Group group : groups.abandoning()) {
            if (reissues.isDoubtful(group, liveness, nowMs)) {
                doubtful.add(group);
            }
        }
        for (Group group : doubtful) {
            group.doubt();
            groups.refresh(group);
        }
        return doubtful.stream().map(group -> new GroupIndex(group.index)).toList();
    }
}
