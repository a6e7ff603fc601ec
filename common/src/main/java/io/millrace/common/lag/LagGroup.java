package io.millrace.common.lag;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.metrics.catalogue.ProcessMetric;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A tool computes lag as a partition's end less the group's committed offset. On the run's topics such a difference of
 * two places is not a number of groups: each transaction ends with a marker that takes an offset, tasks are claimed out
 * of order, a large result takes several records. So the offset that is committed is no place in the log: it is the
 * end less what waits, and the lag that every tool shows is the number of groups that wait. Nobody reads from it.
 * What is appended after a commit counts by its records until the next one.
 */

/**
 * Shows to every tool that reads consumer lag how far a stage of the run is behind: the offsets of a classic group
 * without members, committed when they have changed, and now and then when they have not, so that they do not expire in
 * a run that is paused. Never waits for the broker. A commit that fails is counted and told of, and nothing else rests on
 * it. The process has one for each group, over all its sessions. One owner.
 */
public final class LagGroup {
    private static final Logger log = LoggerFactory.getLogger(LagGroup.class);

    /** News of the share groups come every 2 s, of each lane at its own time. */
    static final Duration BETWEEN = Duration.ofSeconds(1);

    /** Below the shortest {@code offsets.retention.minutes}, which is one; after a failure too. */
    static final Duration AGAIN = Duration.ofSeconds(30);

    private static final Duration SAY_EVERY = Duration.ofMinutes(10);

    private record Commit(KafkaFuture<Void> answer, Map<TopicPartition, Long> offsets) {}

    private final LagOffsets broker;
    private final String group;
    private final Ticker ticker;
    private final Counter failed;
    private final EverySoOften lines;
    private final Map<TopicPartition, Long> wanted = new HashMap<>();
    private Map<TopicPartition, Long> committed = Map.of();
    private @Nullable Commit asked;
    private long nextNanos;
    private long againNanos;

    /**
     * @param group its id
     */
    public LagGroup(LagOffsets broker, String group, MeterRegistry registry, Ticker ticker) {
        this.broker = broker;
        this.group = group;
        this.ticker = ticker;
        this.nextNanos = ticker.nanos();
        this.againNanos = ticker.nanos();
        this.lines = new EverySoOften(SAY_EVERY, ticker);
        this.failed = ProcessMetric.LAG_COMMITS_FAILED.counter(registry, group);
    }

    /**
     * What waits on a partition now.
     *
     * @param end where the partition ended, exclusive, when that was counted
     * @param waiting groups that wait, of the records below that end
     */
    public void stands(TopicPartition partition, long end, long waiting) {
        wanted.put(partition, Math.max(0, end - waiting));
    }

    /** Whether {@link #turn} would commit what has changed, so that it is worth counting. */
    public boolean isDue() {
        Commit under = asked;
        return (under == null || under.answer().isDone()) && ticker.nanos() - nextNanos >= 0;
    }

    /** Takes the broker's answer, and commits what is due. */
    public void turn() {
        takeAnswer();
        long now = ticker.nanos();
        if (asked != null || wanted.isEmpty() || now - nextNanos < 0) {
            return;
        }
        if (wanted.equals(committed) && now - againNanos < 0) {
            return;
        }
        nextNanos = now + BETWEEN.toNanos();
        Map<TopicPartition, Long> offsets = Map.copyOf(wanted);
        asked = new Commit(broker.commit(group, offsets), offsets);
    }

    private void takeAnswer() {
        Commit under = asked;
        if (under == null || !under.answer().isDone()) {
            return;
        }
        asked = null;
        againNanos = ticker.nanos() + AGAIN.toNanos();
        try {
            var _ = under.answer().get();
            committed = under.offsets();
            if (lines.reset()) {
                log.info("lag is committed under group {} again", group);
            }
        } catch (ExecutionException e) {
            committed = Map.of();
            nextNanos = againNanos;
            failed.increment();
            if (lines.isDue()) {
                log.warn("{}", line(e.getCause(), under.offsets().keySet()));
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private String line(@Nullable Throwable cause, Set<TopicPartition> partitions) {
        String topics = partitions.stream()
                .map(TopicPartition::topic)
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
        String why = cause instanceof AuthorizationException
                ? "it takes READ on group " + group + " and on " + topics + " (" + cause.getMessage() + ")"
                : String.valueOf(cause);
        return "the lag of " + topics + " cannot be committed under group " + group
                + ", so tools that read consumer lag" + " show old figures or none; the run goes on: " + why;
    }
}
