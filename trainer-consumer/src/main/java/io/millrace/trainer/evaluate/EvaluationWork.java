package io.millrace.trainer.evaluate;

import io.millrace.common.lifecycle.Health;
import io.millrace.common.session.FencedException;
import io.millrace.common.session.SessionLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sessions of evaluations, beside training, which does not wait for them. */
final class EvaluationWork implements SessionLoop.Work<EvaluationSession> {
    /** Of its thread and of its part of the health report. */
    static final String NAME = "evaluations";

    private static final Duration LOOK = Duration.ofMillis(100);

    private final Supplier<EvaluationSession> sessions;
    private final Health health;
    private final CompletableFuture<Void> topics;
    private final Supplier<@Nullable FencedException> fenced;

    /**
     * @param sessions makes one that has read nothing yet
     * @param topics done when the run's topics are there
     * @param fenced who has the run, and so reports, while this process stands by; gives null while it does not
     */
    EvaluationWork(
            Supplier<EvaluationSession> sessions,
            Health health,
            CompletableFuture<Void> topics,
            Supplier<@Nullable FencedException> fenced) {
        this.fenced = fenced;
        this.sessions = sessions;
        this.health = health;
        this.topics = topics;
        health.starting(NAME);
    }

    /** Not before the topics are there: a reader would make them with the broker's own settings. */
    @Override
    public @Nullable EvaluationSession make() throws InterruptedException {
        if (fenced.get() != null) {
            health.waiting(NAME, "the run, which another trainer consumer has");
            TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
            return null;
        }
        try {
            topics.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            return sessions.get();
        } catch (TimeoutException e) {
            return null;
        } catch (ExecutionException e) {
            // The run was never taken, and the process ends of that.
            TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
            return null;
        }
    }

    @Override
    public void turn(EvaluationSession session) throws Exception {
        FencedException newer = fenced.get();
        if (newer != null) {
            throw newer;
        }
        session.turn();
        health.running(NAME);
    }

    @Override
    public boolean standsBy(FencedException newer) {
        return true;
    }

    @Override
    public void lost(Exception cause) {
        health.blocked(NAME, "the broker to answer");
    }
}
