package io.millrace.common.chat.syntax;

/** Python's value that is none. */
public enum Marker {
    NONE;

    @Override
    public String toString() {
        return "None";
    }
}
