package io.millrace.worker.weights;

/** What becomes of a sample that an engine aborted, as engines do when their weights are updated. */
public enum OnWeightUpdate {
    /** Its tokens are kept and it is continued behind them, with what is left of its budget. */
    CONTINUE,
    /** Its tokens are thrown away and it is drawn anew. */
    RESTART,
    /** As {@link #CONTINUE}, but what has begun does not wait for the new weights: only new samples do. */
    FINISH
}
