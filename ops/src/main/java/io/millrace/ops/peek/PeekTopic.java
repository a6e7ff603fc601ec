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
import java.util.Optional;

/** The topics that can be looked into. */
enum PeekTopic {
    PROMPTS,
    URGENT,
    RESULTS,
    PARTIALS,
    RECEIPTS,
    WORKERS,
    STEPS,
    POLICY,
    RUN,
    DEAD_LETTERS,
    EVALS,
    EVAL_PROMPTS,
    EVAL_RESULTS,
    EVAL_RECEIPTS;

    String name(RunTopics topics) {
        return switch (this) {
            case PROMPTS -> topics.prompts();
            case URGENT -> topics.urgent();
            case RESULTS -> topics.results();
            case PARTIALS -> topics.partials();
            case RECEIPTS -> topics.receipts();
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

    /** What its records are; empty for results, which have a form of their own. */
    Optional<Class<? extends ControlRecord>> type() {
        return switch (this) {
            case PROMPTS, URGENT, EVAL_PROMPTS -> Optional.of(TrainingTask.class);
            case RESULTS, PARTIALS, EVAL_RESULTS -> Optional.empty();
            case RECEIPTS, EVAL_RECEIPTS -> Optional.of(Receipt.class);
            case WORKERS -> Optional.of(WorkersRecord.class);
            case STEPS -> Optional.of(StepRecord.class);
            case POLICY -> Optional.of(Policy.class);
            case RUN -> Optional.of(RunRecord.class);
            case DEAD_LETTERS -> Optional.of(DeadLetter.class);
            case EVALS -> Optional.of(EvalRecord.class);
        };
    }

    /** Whether its records are keyed by group index. */
    boolean byGroup() {
        return switch (this) {
            case PROMPTS, URGENT, RESULTS, PARTIALS, RECEIPTS, EVAL_PROMPTS, EVAL_RESULTS, EVAL_RECEIPTS -> true;
            case WORKERS, STEPS, POLICY, RUN, DEAD_LETTERS, EVALS -> false;
        };
    }
}
