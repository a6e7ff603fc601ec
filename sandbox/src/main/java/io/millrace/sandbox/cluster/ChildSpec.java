package io.millrace.sandbox.cluster;

import java.util.List;

/**
 * One process of a demo or chaos run.
 *
 * @param name also of its log file
 * @param heap its {@code -Xmx}
 * @param arguments from the command on
 * @param readyUrl answers 200 when the process is ready; empty where readiness is seen otherwise
 */
public record ChildSpec(String name, String heap, List<String> arguments, String readyUrl) {
    public ChildSpec {
        arguments = List.copyOf(arguments);
    }
}
