package io.millrace.worker.score.outside;

import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.NamedReward;

/** A reward whose judge is outside this process; closing it ends what it has started. Thread-safe. */
public interface Judge extends NamedReward, AutoCloseable {
    /** The judge says itself which it takes. */
    @Override
    default LabelRule labels() {
        return LabelRule.NONE;
    }

    @Override
    void close();
}
