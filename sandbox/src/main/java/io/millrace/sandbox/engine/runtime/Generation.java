package io.millrace.sandbox.engine.runtime;

import io.millrace.sandbox.engine.ledger.WeightVersions;
import io.millrace.sandbox.engine.model.Completion;
import java.util.List;

/**
 * A finished call of /generate.
 *
 * @param weightVersion that of the last span, or the one in force when no token was made
 * @param latencySeconds from arrival to end, waiting included
 */
public record Generation(
        GenerateRequest request,
        Completion completion,
        List<WeightVersions.Span> spans,
        String weightVersion,
        double latencySeconds) {}
