package io.millrace.common.http.lock;

/** What a token is good for. */
public enum Access {
    NONE,
    /** GET, HEAD and OPTIONS. */
    READ,
    FULL
}
