package io.millrace.sandbox.model.world;

import io.millrace.sandbox.model.role.Bounds;
import java.util.EnumMap;
import java.util.Map;

/** How often each kind of mishap has happened, and whether it still may within the bounds. Not thread-safe. */
final class Mishaps {
    enum Kind {
        DEATH,
        STALL,
        TAIL_LOSS,
        PRODUCER_RESTART,
        CONSUMER_RESTART,
        RESUME,
        LOST_ANSWER
    }

    private final Bounds bounds;
    private final Map<Kind, Integer> counts = new EnumMap<>(Kind.class);

    Mishaps(Bounds bounds) {
        this.bounds = bounds;
    }

    boolean mayHappen(Kind kind) {
        int limit = switch (kind) {
            case DEATH -> bounds.deaths();
            case STALL -> bounds.stalls();
            case TAIL_LOSS -> bounds.tailLosses();
            case PRODUCER_RESTART -> bounds.producerRestarts();
            case CONSUMER_RESTART -> bounds.consumerRestarts();
            case RESUME -> bounds.resumes();
            case LOST_ANSWER -> bounds.lostAnswers();
        };
        return counts.getOrDefault(kind, 0) < limit;
    }

    void happened(Kind kind) {
        counts.merge(kind, 1, Integer::sum);
    }

    void describe(StringBuilder out) {
        out.append(counts);
    }
}
