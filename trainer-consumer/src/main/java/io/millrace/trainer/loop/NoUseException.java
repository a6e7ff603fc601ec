package io.millrace.trainer.loop;

/** It is no use to go on; ends the trainer consumer. The message says why, with counts. */
final class NoUseException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoUseException(String message) {
        super(message);
    }
}
