package io.millrace.common.json;

/**
 * A record of ours in a form that only a newer release knows. Unlike other bad records it is somebody's, and means
 * something: who reads it must leave it, or end, and never pass over it.
 */
public final class NewerRecordException extends BadRecordException {
    private static final long serialVersionUID = 1;

    /** @param reason names the type and both versions */
    public NewerRecordException(String reason) {
        super(reason);
    }
}
