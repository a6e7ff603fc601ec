package io.millrace.producer.source.column;

/** A row that cannot be used; caught where rows are collected. It carries no stack, since a file may have millions. */
public final class BadRowException extends Exception {
    private final BadRowReason reason;

    public BadRowException(BadRowReason reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    public BadRowReason reason() {
        return reason;
    }
}
