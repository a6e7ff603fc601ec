package io.millrace.sandbox.chaos.inject;

import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls that a server must refuse, each with a status of its own. A server that cannot answer now, that is with 5xx or not
 * at all, has told nothing: the call is made again, at most once a second, until it is answered, or is a problem once
 * {@link #LIMIT} has passed. Calls are made by the executor's threads; {@link #turn} does not wait for them. One owner.
 */
public final class RefusedCalls {
    /** From the first turn; longer than any recovery has taken. */
    static final Duration LIMIT = Duration.ofSeconds(100);

    private static final Logger log = LoggerFactory.getLogger(RefusedCalls.class);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);
    private static final int SHOWN_MAX = 300;

    /** What a server said. */
    record Answer(int status, String body) {}

    /** Makes a call once. */
    @FunctionalInterface
    interface Ask {
        /** @throws IOException when nothing was answered */
        Answer answer() throws IOException, InterruptedException;
    }

    /**
     * One call.
     *
     * @param what it is, in words, as the beginning of a sentence
     * @param refusal the status that it must be answered with
     * @param ask called by threads of the executor, one at a time
     */
    record Call(String what, int refusal, Ask ask) {}

    /** A call that was not answered yet. */
    private static final class Open {
        final Call call;
        /** Null between tries. */
        @Nullable
        CompletableFuture<Answer> asked;

        int tries;
        long askedNanos;
        String last = "no answer";

        Open(Call call) {
            this.call = call;
        }
    }

    private final List<Open> open = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private final Executor executor;
    private final Ticker ticker;
    private final long beganNanos;

    RefusedCalls(List<Call> calls, Executor executor, Ticker ticker) {
        calls.forEach(call -> open.add(new Open(call)));
        this.executor = executor;
        this.ticker = ticker;
        this.beganNanos = ticker.nanos();
    }

    /** Makes the calls that are due, and looks at what was answered. */
    void turn() {
        open.removeIf(this::isOver);
    }

    private boolean isOver(Open one) {
        if (one.asked == null && (one.tries == 0 || since(one.askedNanos).compareTo(BETWEEN_TRIES) >= 0)) {
            ask(one);
        }
        CompletableFuture<Answer> asked = one.asked;
        if (asked != null && asked.isDone()) {
            one.asked = null;
            if (isAnswered(one, asked)) {
                return true;
            }
        }
        if (since(beganNanos).compareTo(LIMIT) < 0) {
            return false;
        }
        problems.add(one.call.what() + " was not answered within " + LIMIT.toSeconds() + " s and " + one.tries
                + " tries; the last was: " + one.last);
        return true;
    }

    private Duration since(long nanos) {
        return Duration.ofNanos(ticker.nanos() - nanos);
    }

    private void ask(Open one) {
        CompletableFuture<Answer> asked = new CompletableFuture<>();
        one.asked = asked;
        one.askedNanos = ticker.nanos();
        one.tries++;
        executor.execute(() -> {
            try {
                asked.complete(one.call.ask().answer());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                asked.completeExceptionally(e);
            } catch (IOException | RuntimeException e) {
                asked.completeExceptionally(e);
            }
        });
    }

    private boolean isAnswered(Open one, CompletableFuture<Answer> asked) {
        if (asked.isCompletedExceptionally()) {
            Throwable trouble = asked.exceptionNow();
            if (trouble instanceof RuntimeException bug) {
                throw bug;
            }
            one.last = trouble.toString();
            return false;
        }
        Answer answer = asked.resultNow();
        one.last = answer.status() + " " + shown(answer.body());
        if (answer.status() >= 500) {
            return false;
        }
        log.info("{}: {}", one.call.what(), one.last);
        if (answer.status() != one.call.refusal()) {
            problems.add(
                    one.call.what() + " must be refused with " + one.call.refusal() + " and was answered " + one.last);
        }
        return true;
    }

    private static String shown(String body) {
        String text = body.strip();
        return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "...";
    }

    /** Whether every call was answered, or is given up. */
    boolean over() {
        return open.isEmpty();
    }

    /** Calls that were not refused as they must be, and those that nobody answered, so far. */
    List<String> problems() {
        return List.copyOf(problems);
    }
}
