package io.millrace.common.access;

import io.millrace.common.config.SettingException;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.topics.TopicSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every process of a run does first: waits for a broker, for as long as it takes, and makes the run's topics, or waits
 * until its producer has made them. A broker that is away, or whose name is not known yet, is no wrong setting, and neither are fewer brokers than
 * the topics have copies: whatever starts a cluster starts its processes in any order. One line says so every {@link #SAY_EVERY}. What no wait can mend (the client is refused, topics
 * do not fit) is a {@link SettingException} at once. An interrupt ends the wait.
 */
public final class StartWait {
    private static final Logger log = LoggerFactory.getLogger(StartWait.class);

    static final Duration SAY_EVERY = Duration.ofSeconds(10);
    /** For one sign of life. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    private static final Duration BETWEEN_TRIES = Duration.ofMillis(500);

    private final Admin admin;
    private final String bootstrap;
    private final Health health;
    private final String part;
    private final Ticker ticker;
    private final EverySoOften warnings;
    private long begunNanos;

    /**
     * @param admin not owned; one that outlives a name that cannot be resolved
     * @param bootstrap where it looks, for people
     * @param part of the health report, which is starting meanwhile
     */
    public StartWait(Admin admin, String bootstrap, Health health, String part, Ticker ticker) {
        this.admin = admin;
        this.bootstrap = bootstrap;
        this.health = health;
        this.part = part;
        this.ticker = ticker;
        this.warnings = new EverySoOften(SAY_EVERY, ticker);
    }

    /** One look at the cluster. */
    private interface Look {
        /**
         * @return what to wait for; empty when there is nothing to wait for
         * @throws SettingException with a cause where the same call may do better later
         */
        Optional<String> waitsFor() throws InterruptedException;
    }

    /**
     * Returns when the topics stand, which it makes.
     *
     * @param limit how long a broker that is there may take to answer, each call
     * @throws SettingException when the client is refused, or a topic that is there does not fit
     */
    public void make(TopicSettings settings, Duration limit) throws InterruptedException {
        until(() -> {
            new TopicAdmin(admin, limit).ensure(settings);
            return Optional.empty();
        });
    }

    /**
     * Returns when the run's producer has made them.
     *
     * @throws SettingException when the client is refused, or the run has another form
     */
    public void join(RunJoin run) throws InterruptedException {
        until(run::waitsFor);
    }

    private void until(Look look) throws InterruptedException {
        begunNanos = ticker.nanos();
        health.starting(part, "a broker at " + bootstrap);
        while (true) {
            try {
                awaitAnswer();
                Optional<String> awaited = look.waitsFor();
                if (awaited.isEmpty()) {
                    if (warnings.reset()) {
                        log.info(
                                "the broker at {} has what this process needs, after {} s",
                                bootstrap,
                                TimeUnit.NANOSECONDS.toSeconds(ticker.nanos() - begunNanos));
                    }
                    return;
                }
                health.starting(part, awaited.get());
                say("waits for " + awaited.get());
            } catch (SettingException e) {
                if (!mayPass(e)) {
                    throw e;
                }
                say("waits for a broker at " + bootstrap + ": " + e.getMessage());
            }
            TimeUnit.NANOSECONDS.sleep(BETWEEN_TRIES.toNanos());
        }
    }

    private static boolean mayPass(SettingException e) {
        Throwable cause = e.getCause();
        return cause != null
                && !(cause instanceof AuthorizationException)
                && !(cause instanceof AuthenticationException)
                && !(cause instanceof UnsupportedVersionException);
    }

    private void awaitAnswer() throws InterruptedException {
        KafkaFuture<String> answer = admin.describeCluster(
                        new DescribeClusterOptions().timeoutMs((int) ANSWER_LIMIT.toMillis()))
                .clusterId();
        try {
            var _ = answer.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof RetriableException) {
                throw new SettingException(String.valueOf(cause.getMessage()), cause);
            }
            throw new SettingException(
                    "--bootstrap " + bootstrap + " or --kafka: this client is refused: " + cause, cause);
        }
    }

    private void say(String why) {
        if (warnings.isDue()) {
            log.warn("{}", why);
        }
    }
}
