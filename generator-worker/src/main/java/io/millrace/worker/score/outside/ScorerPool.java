package io.millrace.worker.score.outside;

import io.millrace.common.json.Json;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Processes of one program, as many as questions are asked at once, each started when it is first needed and used again.
 * One that ends, writes garbage, answers another question or is given up at the deadline is killed and costs its own
 * question; the next gets a new one. Thread-safe.
 */
final class ScorerPool implements AutoCloseable {
    /** Makes something of an answer. */
    @FunctionalInterface
    interface Reading<T> {
        /** @throws RewardException when it is none; the process is killed then, since the rest of it may come yet */
        T of(String who, JsonNode answer) throws RewardException;
    }

    private final List<String> command;
    private final long memoryKib;
    private final ConcurrentLinkedDeque<ScorerProcess> idle = new ConcurrentLinkedDeque<>();
    private final Set<ScorerProcess> all = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** @param memoryKib of each process, kibibytes; 0 for no limit */
    ScorerPool(List<String> command, long memoryKib) {
        this.command = List.copyOf(command);
        this.memoryKib = memoryKib;
    }

    /**
     * Asks one of them and waits for its answer.
     *
     * @param question gets an {@code id}
     * @throws RewardException when there is none
     */
    <T> T ask(ObjectNode question, Reading<T> reading) throws RewardException {
        String who = command.getFirst();
        ScorerProcess process = take();
        boolean good = false;
        try {
            long id = process.nextId();
            JsonNode answer =
                    JudgeAnswer.read(who, process.ask(Json.MAPPER.writeValueAsString(question.put("id", id))));
            process.identify(id, answer);
            T value = reading.of(who, answer);
            good = true;
            return value;
        } catch (IOException e) {
            throw JudgeAnswer.broken(who + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RewardException(RewardFailure.TIMED_OUT, who + " was killed at the deadline");
        } finally {
            giveBack(process, good);
        }
    }

    private ScorerProcess take() throws RewardException {
        for (ScorerProcess process = idle.pollFirst(); process != null; process = idle.pollFirst()) {
            if (process.alive()) {
                return process;
            }
            all.remove(process);
        }
        try {
            ScorerProcess started = ScorerProcess.start(command, memoryKib);
            all.add(started);
            if (closed) {
                started.kill();
            }
            return started;
        } catch (IOException e) {
            throw JudgeAnswer.broken("cannot start " + command + ": " + e.getMessage());
        }
    }

    /** One that has said what it should not may say the rest of it to the next. */
    private void giveBack(@Nullable ScorerProcess process, boolean good) {
        if (process == null) {
            return;
        }
        if (good && process.alive() && !closed) {
            idle.addFirst(process);
        } else {
            process.kill();
            all.remove(process);
        }
    }

    @Override
    public void close() {
        closed = true;
        all.forEach(ScorerProcess::kill);
    }
}
