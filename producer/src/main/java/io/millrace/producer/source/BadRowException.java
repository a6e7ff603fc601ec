package io.millrace.producer.source;

/** A row that cannot be used; caught where rows are collected. It carries no stack, since a file may have millions. */
final class BadRowException extends Exception {
    private final BadRowReason reason;

    BadRowException(BadRowReason reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    BadRowReason reason() {
        return reason;
    }
}
