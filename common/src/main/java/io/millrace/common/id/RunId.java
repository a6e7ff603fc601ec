package io.millrace.common.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/**
 * The name of one training run; it prefixes every topic, so it takes only what a topic name takes.
 *
 * @param value 1 to 64 of lower-case letters, digits, {@code -} and {@code _}, beginning with a letter or digit
 */
public record RunId(@JsonValue String value) {
    /** What a run id may be, for messages. */
    public static final String FORM_IN_WORDS = "1 to 64 of a-z 0-9 - _, beginning with a letter or digit";

    private static final Pattern FORM = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public RunId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("run must be " + FORM_IN_WORDS + ", was '" + value + "'");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
