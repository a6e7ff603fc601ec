package io.millrace.common.json;

/** Bytes on a topic that are not a record of ours; the message says why, for the dead letter and the log. */
public class BadRecordException extends Exception {
    public BadRecordException(String reason) {
        super(reason);
    }

    public BadRecordException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
