package io.millrace.worker.generator;

import org.jspecify.annotations.Nullable;

/** An execution that came to nothing: expected, so it is data. Its attempt fails, and its group is issued again. */
public final class GeneratorException extends Exception {
    /** Of a fault of the generator itself. */
    public static final String BROKEN = "generator-broken";
    /** Of samples that cannot be published. */
    public static final String BAD_SAMPLES = "generator-bad-samples";

    private final String kind;

    /**
     * @param kind a stable word with few values: it goes on receipts and into metrics
     * @param message for people
     */
    public GeneratorException(String kind, String message) {
        this(kind, message, null);
    }

    /** As the other, with what caused it. */
    public GeneratorException(String kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public String kind() {
        return kind;
    }
}
