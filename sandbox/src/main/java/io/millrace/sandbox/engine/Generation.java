package io.millrace.sandbox.engine;

import java.util.List;

/**
 * A finished call of /generate.
 *
 * @param weightVersion that of the last span, or the one in force when no token was made
 * @param latencySeconds from arrival to end, waiting included
 */
record Generation(
        GenerateRequest request,
        Completion completion,
        List<WeightVersions.Span> spans,
        String weightVersion,
        double latencySeconds) {}
