package io.millrace.sandbox.engine.ledger;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request of the ledger as it is told, JSON. Times are milliseconds since 1970, with fractions; null where it has not
 * come so far.
 *
 * @param startMs null too where it never got a slot
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record LedgerLine(
        String rid,
        String remote,
        double arrivalMs,
        @Nullable Double startMs,
        @Nullable Double endMs,
        int promptTokens,
        int completionTokens,
        List<WeightVersions.Span> weightVersions,
        Outcome outcome) {}
