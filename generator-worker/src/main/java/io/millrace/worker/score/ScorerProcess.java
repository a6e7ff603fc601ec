package io.millrace.worker.score;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A program that answers each line on its standard input with one on its standard output. Used by one caller at a time; a
 * thread of its own does the reading and writing, which cannot be interrupted, so that whoever waits can leave: the
 * program is then killed. What it prints on standard error is the worker's.
 */
final class ScorerProcess {
    /** In characters; more is no answer. */
    private static final int ANSWER_LENGTH_MAX = 1 << 20;

    private record Question(String line, CompletableFuture<String> answer) {}

    private final Process process;
    private final Thread thread;
    private final LinkedBlockingQueue<Question> questions = new LinkedBlockingQueue<>();

    private ScorerProcess(Process process) {
        this.process = process;
        this.thread =
                Thread.ofPlatform().daemon().name("scorer-" + process.pid()).start(this::talk);
    }

    /**
     * @param memoryKib its address space, kibibytes, and that of each process it starts; 0 for no limit
     * @throws IOException when there is no such program
     */
    static ScorerProcess start(List<String> command, long memoryKib) throws IOException {
        List<String> limited = new ArrayList<>();
        if (memoryKib > 0) {
            limited.addAll(List.of("/bin/sh", "-c", "ulimit -v " + memoryKib + "; exec \"$@\"", "sh"));
        }
        limited.addAll(command);
        return new ScorerProcess(new ProcessBuilder(limited)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /**
     * Its answer to one line.
     *
     * @throws IOException when it ended or wrote what is no line; it is dead then
     * @throws InterruptedException when the caller is interrupted; it is dead then
     */
    String ask(String line) throws IOException, InterruptedException {
        CompletableFuture<String> answer = new CompletableFuture<>();
        questions.add(new Question(line, answer));
        boolean answered = false;
        try {
            String text = answer.get();
            answered = true;
            return text;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } finally {
            if (!answered) {
                kill();
            }
        }
    }

    private void talk() {
        @Nullable Question asked = null;
        try (Reader in = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                OutputStream out = process.getOutputStream()) {
            while (true) {
                asked = questions.take();
                if (in.ready()) {
                    throw new IOException("it wrote more than its answer to the question before");
                }
                out.write((asked.line() + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
                asked.answer().complete(line(in));
            }
        } catch (IOException e) {
            kill();
            fail(asked, e);
        } catch (InterruptedException e) {
            fail(asked, new IOException("it was killed", e));
        }
    }

    private void fail(@Nullable Question asked, IOException e) {
        if (asked != null) {
            String end = process.isAlive() ? "" : "; it ended with exit code " + process.exitValue();
            asked.answer().completeExceptionally(new IOException(e.getMessage() + end, e));
        }
    }

    private String line(Reader in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                awaitEnd();
                throw new IOException("it ended without an answer");
            }
            if (line.length() == ANSWER_LENGTH_MAX) {
                throw new IOException("its answer has more than " + ANSWER_LENGTH_MAX + " characters");
            }
            line.append((char) next);
        }
        return line.toString();
    }

    /** For its exit code; one that has closed its output and goes on is killed. */
    private void awaitEnd() {
        try {
            if (!process.waitFor(Duration.ofSeconds(1))) {
                kill();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean alive() {
        return process.isAlive();
    }

    /** SIGKILL, to what it has started too. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        thread.interrupt();
    }
}
