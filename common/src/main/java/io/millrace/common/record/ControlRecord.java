package io.millrace.common.record;

/** What may stand on a control topic. Immutable. */
public sealed interface ControlRecord
        permits TrainingTask,
                Receipt,
                WorkersRecord,
                StepRecord,
                Policy,
                AbandonedMarker,
                DeadLetter,
                EvalRecord,
                RunRecord {}
