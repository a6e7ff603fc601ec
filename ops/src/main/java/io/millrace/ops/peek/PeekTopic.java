package io.millrace.ops.peek;

import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import org.jspecify.annotations.Nullable;

/** The topics that can be looked into. */
enum PeekTopic {
    PROMPTS(TrainingTask.class, true),
    URGENT(TrainingTask.class, true),
    RESULTS(null, true),
    PARTIALS(null, true),
    RECEIPTS(Receipt.class, true),
    WORKERS(WorkersRecord.class, false),
    STEPS(StepRecord.class, false),
    POLICY(Policy.class, false),
    RUN(RunRecord.class, false),
    DEAD_LETTERS(DeadLetter.class, false),
    EVALS(EvalRecord.class, false),
    EVAL_PROMPTS(TrainingTask.class, true),
    EVAL_RESULTS(null, true),
    EVAL_RECEIPTS(Receipt.class, true);

    private final @Nullable Class<? extends ControlRecord> type;
    private final boolean byGroup;

    PeekTopic(@Nullable Class<? extends ControlRecord> type, boolean byGroup) {
        this.type = type;
        this.byGroup = byGroup;
    }

    String name(RunTopics topics) {
        return switch (this) {
            case PROMPTS -> topics.lane(Lane.TRAINING);
            case URGENT -> topics.lane(Lane.URGENT);
            case RESULTS -> topics.results(GroupKind.TRAINING);
            case PARTIALS -> topics.partials();
            case RECEIPTS -> topics.receipts(GroupKind.TRAINING);
            case WORKERS -> topics.workers();
            case STEPS -> topics.steps();
            case POLICY -> topics.policy();
            case RUN -> topics.runRecord();
            case DEAD_LETTERS -> topics.deadLetters();
            case EVALS -> topics.evals();
            case EVAL_PROMPTS -> topics.lane(Lane.EVALUATION);
            case EVAL_RESULTS -> topics.results(GroupKind.EVALUATION);
            case EVAL_RECEIPTS -> topics.receipts(GroupKind.EVALUATION);
        };
    }

    /** What its records are; null for results, which have a form of their own. */
    @Nullable
    Class<? extends ControlRecord> type() {
        return type;
    }

    /** Whether its records are keyed by group index. */
    boolean byGroup() {
        return byGroup;
    }
}
