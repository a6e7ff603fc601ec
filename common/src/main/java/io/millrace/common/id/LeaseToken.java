package io.millrace.common.id;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a lease is fetched and acknowledged by: it names the lineage, the step and the one lease of it. To a trainer it is
 * one opaque word, {@code LINEAGE-STEP-ID}.
 */
public record LeaseToken(Lineage lineage, StepNumber step, LeaseId id) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,18})-([0-9]{1,18})-([0-9a-f]{16})");

    /**
     * Reads the word.
     *
     * @throws IllegalArgumentException when it is none
     */
    public static LeaseToken parse(String word) {
        Matcher form = FORM.matcher(word);
        if (!form.matches()) {
            throw new IllegalArgumentException(
                    "lease must be the token that the answer to a lease gave, was '" + word + "'");
        }
        return new LeaseToken(
                new Lineage(Long.parseLong(form.group(1))),
                new StepNumber(Long.parseLong(form.group(2))),
                new LeaseId(form.group(3)));
    }

    @Override
    public String toString() {
        return lineage + "-" + step + "-" + id;
    }
}
