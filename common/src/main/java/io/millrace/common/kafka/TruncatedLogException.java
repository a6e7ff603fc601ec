package io.millrace.common.kafka;

import org.apache.kafka.common.KafkaException;

/**
 * A log has lost its tail: it ends before what was read of it, or other records stand there now. What was learnt from it
 * is no longer what it holds, so the reader must begin anew.
 */
public final class TruncatedLogException extends KafkaException {
    private static final long serialVersionUID = 1;

    /** @param message names topic, partition, position and the log's range */
    public TruncatedLogException(String message) {
        super(message);
    }

    /** Same, with what the client said. */
    public TruncatedLogException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Whether a failure is this, or was caused by it. */
    public static boolean isCauseOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof TruncatedLogException) {
                return true;
            }
        }
        return false;
    }
}
