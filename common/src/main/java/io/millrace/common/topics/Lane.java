package io.millrace.common.topics;

import io.millrace.common.record.GroupKind;
import java.util.List;
import java.util.Locale;

/**
 * Where tasks wait for workers: each lane is a topic of one partition with a share group of its own. In the order in which
 * workers start groups.
 */
public enum Lane {
    /** Later attempts of training groups, in order of issue. */
    URGENT(GroupKind.TRAINING),
    /** All attempts of groups of evaluations, which have a share of the slots, and never more. */
    EVALUATION(GroupKind.EVALUATION),
    /** First attempts of training groups, in order of group index. */
    TRAINING(GroupKind.TRAINING);

    private final GroupKind kind;

    Lane(GroupKind kind) {
        this.kind = kind;
    }

    /** What its groups are for. */
    public GroupKind kind() {
        return kind;
    }

    /** The lanes of a kind, that of the first attempts at the head. */
    public static List<Lane> of(GroupKind kind) {
        return switch (kind) {
            case TRAINING -> List.of(TRAINING, URGENT);
            case EVALUATION -> List.of(EVALUATION);
        };
    }

    /** Where a first attempt stands. */
    public static Lane first(GroupKind kind) {
        return of(kind).getFirst();
    }

    /** Where every later attempt stands. */
    public static Lane later(GroupKind kind) {
        return of(kind).getLast();
    }

    /** The word for metrics. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
