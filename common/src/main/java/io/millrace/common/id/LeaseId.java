package io.millrace.common.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.HexFormat;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * What tells one lease of a step from every other: drawn at random, so nobody who was not given it can name it.
 *
 * @param value 16 of 0-9 a-f
 */
public record LeaseId(@JsonValue String value) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{16}");

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public LeaseId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("lease_id must be 16 of 0-9 a-f, was '" + value + "'");
        }
    }

    /** A new one. */
    public static LeaseId draw(Random random) {
        return new LeaseId(HexFormat.of().toHexDigits(random.nextLong()));
    }

    @Override
    public String toString() {
        return value;
    }
}
