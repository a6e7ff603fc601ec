package io.millrace.worker.score.outside;

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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * A program that answers each line on its standard input with one on its standard output. Used by one caller at a time; a
 * thread of its own does the reading and writing, which cannot be interrupted, so that whoever waits can leave: the
 * program is then killed. What it prints on standard error is the worker's.
 */
final class ScorerProcess {
    /** In characters; more is no answer. */
    private static final int ANSWER_LENGTH_MAX = 1 << 20;

    /** An answer that has one of these may have an id beside it; one that has none is the reward itself. */
    private static final List<String> ENVELOPES = List.of("reward", "rewards", "keep", "error");

    private record Question(String line, CompletableFuture<String> answer) {}

    private final Process process;
    private final Thread thread;
    private final LinkedBlockingQueue<Question> questions = new LinkedBlockingQueue<>();
    private long asked;
    /** Whether it has ever said which question it answers: then it always does. */
    private boolean identifies;

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

    /** The number of its next question, from 1 on. */
    long nextId() {
        return ++asked;
    }

    /**
     * Whether an answer is that to the last question, as far as it says: simple programs need not. A line too many would
     * otherwise be the next sample's reward, whenever it comes.
     *
     * @throws IOException when it answers another, or does not say so any more
     */
    void identify(long id, JsonNode answer) throws IOException {
        boolean envelope = ENVELOPES.stream().anyMatch(answer::has);
        JsonNode given = envelope ? answer.path("id") : MissingNode.getInstance();
        if (given.isMissingNode() ? identifies : !(given.isIntegralNumber() && given.longValue() == id)) {
            throw new IOException("it answered question " + id + " with the id " + given);
        }
        identifies = !given.isMissingNode();
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
