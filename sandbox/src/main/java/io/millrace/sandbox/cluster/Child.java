package io.millrace.sandbox.cluster;

import io.millrace.common.log.LogFormat;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A running process of ours. Thread-safe. */
public final class Child {
    /** What makes JVMs start fast holds for children too: the ahead-of-time cache, and compiling no better than for a start. */
    private static final Set<String> LOCKS = Set.of(
            "MILLRACE_API_TOKEN",
            "MILLRACE_API_TOKEN_FILE",
            "MILLRACE_READ_TOKEN",
            "MILLRACE_READ_TOKEN_FILE",
            "MILLRACE_TLS_CERTIFICATE_FILE",
            "MILLRACE_TLS_KEY_FILE");

    private static final List<String> INHERITED = List.of("-XX:AOTCache=", "-Xlog:aot", "-XX:TieredStopAtLevel=");

    private static final String MAIN = "io.millrace.sandbox.cli.MillraceMain";
    private static final int TAIL_BYTES = 16_384;

    private final ChildSpec spec;
    private final Process process;
    private final Path log;

    private Child(ChildSpec spec, Process process, Path log) {
        this.spec = spec;
        this.process = process;
        this.log = log;
    }

    /** Starts it, with this JVM's java and class path where it is one of ours; whatever it prints goes to the log. */
    public static Child start(ChildSpec spec, Path log) throws IOException {
        List<String> command = new ArrayList<>();
        // Ctrl-C reaches every process of the terminal at once; they must stop in order, told by whoever started them.
        // A signal ignored at exec stays ignored, and the JVM respects that.
        command.addAll(List.of("/bin/sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh"));
        if (!spec.heap().isEmpty()) {
            command.addAll(jvm(spec));
        }
        command.addAll(spec.arguments());
        return start(spec, command, log);
    }

    private static List<String> jvm(ChildSpec spec) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx" + spec.heap());
        // Two cores are shared by seven JVMs.
        command.add("-XX:+UseSerialGC");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(inherited());
        command.addAll(spec.jvmOptions());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN));
        return command;
    }

    /** As this JVM was started: the cache fits the same class path. */
    private static List<String> inherited() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> INHERITED.stream().anyMatch(argument::startsWith))
                .toList();
    }

    /** The same with a command line of one's own. What it prints is added to the log, which may have that of an earlier one. */
    public static Child start(ChildSpec spec, List<String> command, Path log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        // All of it is on loopback and asks itself; whoever has a token in the environment has it for a run elsewhere.
        builder.environment().keySet().removeIf(LOCKS::contains);
        builder.environment().put(LogFormat.VARIABLE, LogFormat.current().word());
        return new Child(spec, builder.start(), log);
    }

    public String name() {
        return spec.name();
    }

    public String readyUrl() {
        return spec.readyUrl();
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** Of a process that has ended. */
    public int exitCode() {
        return process.exitValue();
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGKILL. */
    public void kill() {
        process.destroyForcibly();
    }

    /** SIGKILL to it and to every process that it has started. */
    public void killTree() {
        List<ProcessHandle> others = process.descendants().toList();
        kill();
        others.forEach(ProcessHandle::destroyForcibly);
    }

    /** SIGSTOP: it runs no more until {@link #thaw}. */
    public void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** SIGCONT. */
    public void thaw() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        // Java sends no other signals than those of terminate and kill.
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (kill.waitFor() != 0 && alive()) {
            throw new IOException("cannot send SIG" + name + " to " + name() + ", process " + pid());
        }
    }

    /** @return whether it has ended within the limit */
    public boolean awaitEnd(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Why it is not there any more, with its last words. */
    public String lastWords(int lines) {
        StringBuilder words = new StringBuilder(name());
        words.append(alive() ? " is not ready" : " ended with exit code " + exitCode());
        words.append("; the last lines of ").append(log).append(':');
        List<String> tail = tail();
        for (String line : tail.subList(Math.max(0, tail.size() - lines), tail.size())) {
            words.append("\n  ").append(line);
        }
        return words.toString();
    }

    private List<String> tail() {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            file.seek(Math.max(0, Files.size(log) - TAIL_BYTES));
            byte[] bytes = new byte[(int) Math.min(TAIL_BYTES, file.length() - file.getFilePointer())];
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            return List.of("(cannot read it: " + e.getMessage() + ")");
        }
    }
}
