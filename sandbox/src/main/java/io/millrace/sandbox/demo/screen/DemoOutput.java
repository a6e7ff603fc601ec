package io.millrace.sandbox.demo.screen;

/** Where the demo shows itself. Used by one thread at a time. */
public interface DemoOutput extends AutoCloseable {
    /** The newest state; called a few times a second. */
    void show(DemoState state);

    /** Leaves the terminal as it was; whatever is printed afterwards stands below. Idempotent. */
    @Override
    void close();
}
