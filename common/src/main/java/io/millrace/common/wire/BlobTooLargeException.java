package io.millrace.common.wire;

/** What was to be written is larger than its form can hold; the message names the thing, its size and the limit. */
public sealed class BlobTooLargeException extends RuntimeException permits GroupTooLargeException {
    private static final long serialVersionUID = 1;

    /**
     * @param what the thing that is too large
     * @param sizeBytes its size
     * @param limitBytes the size it may have
     */
    public BlobTooLargeException(String what, long sizeBytes, long limitBytes) {
        super(what + " has " + sizeBytes + " bytes, the limit is " + limitBytes);
    }

    BlobTooLargeException(String message, BlobTooLargeException cause) {
        super(message, cause);
    }
}
