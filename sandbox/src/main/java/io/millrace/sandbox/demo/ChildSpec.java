package io.millrace.sandbox.demo;

import java.util.List;

/**
 * One process of the demo.
 *
 * @param name also of its log file
 * @param heap its {@code -Xmx}
 * @param arguments from the command on
 * @param readyUrl answers 200 when the process is ready; empty where readiness is seen otherwise
 */
record ChildSpec(String name, String heap, List<String> arguments, String readyUrl) {
    ChildSpec {
        arguments = List.copyOf(arguments);
    }
}
