package io.millrace.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** {@code millrace <command> ...} as a process of its own, on this JVM's class path. Its output goes to a file. */
final class MillraceProcess {
    private static final Duration LAST_LIMIT = Duration.ofSeconds(20);

    private final String name;
    private final Process process;
    private final Path output;

    private MillraceProcess(String name, Process process, Path output) {
        this.name = name;
        this.process = process;
        this.output = output;
    }

    /** @param folder for the file with what it prints */
    static MillraceProcess start(Path folder, String... arguments) throws IOException {
        return start(folder, List.of(), arguments);
    }

    /** @param javaOptions win over the usual ones */
    static MillraceProcess start(Path folder, List<String> javaOptions, String... arguments) throws IOException {
        List<String> command = command(arguments);
        command.addAll(command.indexOf("-cp"), javaOptions);
        return start(folder, arguments[0], command);
    }

    /** @param openFiles as {@code ulimit -n} sets it */
    static MillraceProcess startLimited(Path folder, int openFiles, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("bash", "-c", "ulimit -n " + openFiles + "; exec \"$@\"", "bash"));
        command.addAll(command(arguments));
        return start(folder, arguments[0], command);
    }

    private static MillraceProcess start(Path folder, String name, List<String> command) throws IOException {
        Path output = Files.createTempFile(folder, name + "-", ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        // Settings come from the arguments alone, whatever is set around the tests.
        builder.environment().keySet().removeIf(key -> key.startsWith("MILLRACE_"));
        return new MillraceProcess(name, builder.start(), output);
    }

    /** The command line of a process, to be started otherwise. */
    static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "io.millrace.sandbox.cli.MillraceMain"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** SIGKILL; returns when it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        awaitEnd(LAST_LIMIT);
    }

    /** SIGSTOP: it runs no more until {@link #resume}. */
    void freeze() throws Exception {
        signal("STOP");
    }

    /** SIGCONT; nothing where it runs. */
    void resume() throws Exception {
        signal("CONT");
    }

    private void signal(String name) throws Exception {
        if (process.isAlive()) {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        }
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Waits for its end. */
    int exitCode(Duration limit) throws InterruptedException {
        if (!awaitEnd(limit)) {
            throw new AssertionError(name + " has not ended within " + limit + ": " + printed());
        }
        return process.exitValue();
    }

    private boolean awaitEnd(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Everything it has printed. */
    String printed() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return "(cannot read " + output + ": " + e.getMessage() + ")";
        }
    }

    /** Ends it however it is doing, and what it started. */
    void end() throws InterruptedException {
        List<ProcessHandle> started = process.descendants().toList();
        process.destroy();
        if (!awaitEnd(LAST_LIMIT)) {
            kill();
        }
        started.forEach(ProcessHandle::destroyForcibly);
    }

    /** The first of so many ports in a row that are free. */
    static int freePorts(int count) {
        // Above the services, below the range that systems give to outgoing connections.
        SplittableRandom random = new SplittableRandom();
        for (int attempt = 0; attempt < 100; attempt++) {
            int first = random.nextInt(11_000, 32_000);
            boolean free = true;
            for (int port = first; free && port < first + count; port++) {
                free = free(port);
            }
            if (free) {
                return first;
            }
        }
        throw new AssertionError("no " + count + " free ports in a row");
    }

    private static boolean free(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
