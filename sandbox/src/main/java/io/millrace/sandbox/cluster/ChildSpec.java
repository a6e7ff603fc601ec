package io.millrace.sandbox.cluster;

import io.millrace.common.units.Durations;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * One process of a cluster.
 *
 * @param name also of its log file
 * @param heap its {@code -Xmx}; empty for a program of another kind, which is the first of the arguments
 * @param jvmOptions besides the heap
 * @param arguments from the command on
 * @param readyUrl answers 200 when the process is ready; empty where readiness is seen otherwise
 */
public record ChildSpec(String name, String heap, List<String> jvmOptions, List<String> arguments, String readyUrl) {
    public ChildSpec {
        jvmOptions = List.copyOf(jvmOptions);
        arguments = List.copyOf(arguments);
    }

    /** A command that its process is named after, without flags yet. */
    public ChildSpec(String command, String heap, String readyUrl) {
        this(command, heap, List.of(), List.of(command), readyUrl);
    }

    /** A program of another kind than ours. */
    public static ChildSpec program(String name, Path program, String readyUrl) {
        return new ChildSpec(
                name, "", List.of(), List.of(program.toAbsolutePath().toString()), readyUrl);
    }

    public ChildSpec named(String other) {
        return new ChildSpec(other, heap, jvmOptions, arguments, readyUrl);
    }

    public ChildSpec withHeap(String other) {
        return new ChildSpec(name, other, jvmOptions, arguments, readyUrl);
    }

    /** With one more flag. */
    public ChildSpec with(String flag, Object value) {
        return withArguments(List.of(flag, value instanceof Duration time ? Durations.format(time) : value.toString()));
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
}
