package io.millrace.trainer.journal;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/*
 * Why Kafka's own fencing is not enough: the broker answers with the same errors when it timed a transaction out, and a
 * process that is fenced notices only when it writes. So each process that takes the run picks a number above the last
 * one that is on `policy`, and republishes the policy under it. Whoever meets a higher owner there has lost the run; who
 * meets none was only timed out, and may take it again. Two that start at once may pick the same number; then the id
 * decides, and both come to the same answer.
 */

/**
 * Which process wrote a record of {@code policy}; the greatest is the one that has the run.
 *
 * @param number one above the owner's before it
 * @param id of the process
 */
public record Owner(long number, String id) implements Comparable<Owner> {
    private static final String HEADER = "millrace-owner";
    private static final Pattern FORM = Pattern.compile("([0-9]{1,18})-([0-9a-f-]{1,64})");

    /** A new owner that follows the last one. */
    public static Owner after(Optional<Owner> last) {
        return new Owner(
                last.map(Owner::number).orElse(0L) + 1, UUID.randomUUID().toString());
    }

    void write(Headers headers) {
        headers.add(HEADER, toString().getBytes(StandardCharsets.UTF_8));
    }

    /** @return empty when the record names none */
    public static Optional<Owner> read(Headers headers) {
        Header header = headers.lastHeader(HEADER);
        if (header == null || header.value() == null) {
            return Optional.empty();
        }
        Matcher form = FORM.matcher(new String(header.value(), StandardCharsets.UTF_8));
        return form.matches() ? Optional.of(new Owner(Long.parseLong(form.group(1)), form.group(2))) : Optional.empty();
    }

    @Override
    public int compareTo(Owner other) {
        int byNumber = Long.compare(number, other.number);
        return byNumber != 0 ? byNumber : id.compareTo(other.id);
    }

    @Override
    public String toString() {
        return number + "-" + id;
    }
}
