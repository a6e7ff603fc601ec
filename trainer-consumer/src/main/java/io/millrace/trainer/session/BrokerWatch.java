package io.millrace.trainer.session;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Notices that no broker answers: a consumer that only polls never says so. Never waits itself. One owner.
 */
public final class BrokerWatch {
    private static final Duration EVERY = Duration.ofSeconds(2);
    /** For one answer, and so how long a broker may be away unnoticed beyond {@link #EVERY}. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(8);

    private final Admin admin;
    private final Ticker ticker;
    private long nextNanos;
    private @Nullable KafkaFuture<String> asked;

    /** @param admin not owned */
    BrokerWatch(Admin admin, Ticker ticker) {
        this.admin = admin;
        this.ticker = ticker;
        this.nextNanos = ticker.nanos() + EVERY.toNanos();
    }

    /** Takes the answer that has come, and asks when it is time. */
    void turn() {
        if (asked != null && asked.isDone()) {
            answered(asked);
            asked = null;
        }
        if (asked == null && ticker.nanos() - nextNanos >= 0) {
            nextNanos = ticker.nanos() + EVERY.toNanos();
            asked = ask(admin);
        }
    }

    /** Asks for a sign of life. */
    public static KafkaFuture<String> ask(Admin admin) {
        return admin.describeCluster(new DescribeClusterOptions().timeoutMs((int) ANSWER_LIMIT.toMillis()))
                .clusterId();
    }

    private static void answered(KafkaFuture<String> answer) {
        try {
            var _ = answer.get();
        } catch (ExecutionException e) {
            throw new DisconnectException("no broker has answered for " + ANSWER_LIMIT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
