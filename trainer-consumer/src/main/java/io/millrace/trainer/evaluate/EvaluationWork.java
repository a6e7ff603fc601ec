package io.millrace.trainer.evaluate;

import io.millrace.common.lifecycle.Health;
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

    /**
     * @param sessions makes one that has read nothing yet
     * @param topics done when the run's topics are there
     */
    EvaluationWork(Supplier<EvaluationSession> sessions, Health health, CompletableFuture<Void> topics) {
        this.sessions = sessions;
        this.health = health;
        this.topics = topics;
        health.starting(NAME);
    }

    /** Not before the topics are there: a reader would make them with the broker's own settings. */
    @Override
    public @Nullable EvaluationSession make() throws InterruptedException {
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
        session.turn();
        health.running(NAME);
    }

    @Override
    public void lost(Exception cause) {
        health.blocked(NAME, "the broker to answer");
    }
}
