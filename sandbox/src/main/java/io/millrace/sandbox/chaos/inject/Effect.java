package io.millrace.sandbox.chaos.inject;

/** Whether a fault has done anything to the run. */
public enum Effect {
    /** What it waits for has not come yet. */
    OPEN,
    DONE,
    /** It met nothing that it could break, so it is no fault and is done again. */
    NONE
}
