package io.millrace.common.chat.value;

import io.millrace.common.chat.syntax.TemplateException;

/**
 * A value that is not there: it prints as nothing and counts as false and empty; whatever else is done with it is an
 * error.
 *
 * @param what it was looked for as, for the error
 */
public record Undefined(String what) {
    public TemplateException error() {
        return new TemplateException(what + " is undefined");
    }

    /** All of them are equal. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Undefined;
    }

    @Override
    public int hashCode() {
        return 0;
    }
}
