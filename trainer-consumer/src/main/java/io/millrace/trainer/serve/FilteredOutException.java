package io.millrace.trainer.serve;

/** Filters drop every group; ends the trainer consumer. The message says which and how many. */
final class FilteredOutException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FilteredOutException(String message) {
        super(message);
    }
}
