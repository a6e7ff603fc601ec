package io.millrace.sandbox.cluster;

import java.util.List;
import java.util.stream.Stream;

/**
 * One process of a demo or chaos run.
 *
 * @param name also of its log file
 * @param heap its {@code -Xmx}
 * @param jvmOptions besides the heap
 * @param arguments from the command on
 * @param readyUrl answers 200 when the process is ready; empty where readiness is seen otherwise
 */
public record ChildSpec(String name, String heap, List<String> jvmOptions, List<String> arguments, String readyUrl) {
    public ChildSpec {
        jvmOptions = List.copyOf(jvmOptions);
        arguments = List.copyOf(arguments);
    }

    /** The same with more options of the JVM. */
    public ChildSpec withJvmOptions(List<String> more) {
        return new ChildSpec(name, heap, joined(jvmOptions, more), arguments, readyUrl);
    }

    /** The same with more arguments. */
    public ChildSpec withArguments(List<String> more) {
        return new ChildSpec(name, heap, jvmOptions, joined(arguments, more), readyUrl);
    }

    private static List<String> joined(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    /** Without further options of the JVM. */
    public ChildSpec(String name, String heap, List<String> arguments, String readyUrl) {
        this(name, heap, List.of(), arguments, readyUrl);
    }
}
