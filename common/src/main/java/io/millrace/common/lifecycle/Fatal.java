package io.millrace.common.lifecycle;

/** Where an owner loop reports what it cannot survive. */
@FunctionalInterface
public interface Fatal {
    /** Turns health red and lets the process end with a non-zero exit code. Thread-safe; the first report counts. */
    void report(String who, Throwable cause);
}
