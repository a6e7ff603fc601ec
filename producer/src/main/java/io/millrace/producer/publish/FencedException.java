package io.millrace.producer.publish;

/** Another producer has taken over the run's transactional id: this one must end. */
public final class FencedException extends Exception {
    FencedException(String transactionalId, Throwable cause) {
        super(
                "a newer producer has taken the run (transactional id " + transactionalId
                        + "), or this one was away longer than its transaction timeout; this one ends",
                cause);
    }
}
