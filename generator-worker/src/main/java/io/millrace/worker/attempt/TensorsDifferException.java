package io.millrace.worker.attempt;

/** The samples of a group have tensors that do not make one of the group's; the message says which, and how they differ. */
public final class TensorsDifferException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TensorsDifferException(String message) {
        super(message);
    }
}
