package io.millrace.worker.score;

import io.millrace.common.json.Json;
import io.millrace.common.reward.OutsideReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * The reward {@code command}: a program in any language, as many processes of it as scores run at once, each started when
 * it is first needed and used again. One that ends, writes garbage or is given up at the deadline is killed and costs its
 * own score; the next score gets a new one. Thread-safe.
 */
final class CommandReward implements Judge {
    private final List<String> command;
    private final long memoryKib;
    private final String key;
    private final ConcurrentLinkedDeque<ScorerProcess> idle = new ConcurrentLinkedDeque<>();
    private final Set<ScorerProcess> all = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * @param memoryKib of each process, kibibytes; 0 for no limit
     * @param key of the number in an answer that is an object
     */
    CommandReward(List<String> command, long memoryKib, String key) {
        this.command = List.copyOf(command);
        this.memoryKib = memoryKib;
        this.key = key;
    }

    @Override
    public String name() {
        return OutsideReward.COMMAND.name();
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        String question = Json.MAPPER.writeValueAsString(JudgeAnswer.question(request, true));
        ScorerProcess process = take();
        boolean good = false;
        try {
            Reward reward = JudgeAnswer.read(command.getFirst(), process.ask(question), key);
            good = true;
            return reward;
        } catch (IOException e) {
            throw JudgeAnswer.broken(command.getFirst() + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RewardException(RewardFailure.TIMED_OUT, command.getFirst() + " was killed at the deadline");
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
