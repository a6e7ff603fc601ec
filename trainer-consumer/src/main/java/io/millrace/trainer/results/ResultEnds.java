package io.millrace.trainer.results;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks where partitions of results end, uncommitted records counted in, and never waits for the answer. One
 * owner.
 */
public final class ResultEnds {
    private static final Logger log = LoggerFactory.getLogger(ResultEnds.class);
    private static final Duration EVERY = Duration.ofMillis(500);
    /** A late answer is as good; one that never comes must not hold back the next question. */
    private static final int ANSWER_LIMIT_MS = 8_000;

    private final Admin admin;
    private final Ticker ticker;
    private @Nullable KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> asked;
    private long askedNanos;

    /**
     * @param askedNanos when it was asked; what is true now was true then or later
     * @param ends by partition
     */
    public record Answer(long askedNanos, Map<Integer, Long> ends) {}

    /** @param admin not owned */
    public ResultEnds(Admin admin, Ticker ticker) {
        this.admin = admin;
        this.ticker = ticker;
        this.askedNanos = ticker.nanos() - EVERY.toNanos();
    }

    /**
     * Takes the answer that has come, and asks when it is time.
     *
     * @param wanted whether somebody wants to know
     */
    public Optional<Answer> turn(List<TopicPartition> partitions, boolean wanted) throws InterruptedException {
        KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> waiting = asked;
        if (waiting != null) {
            if (!waiting.isDone()) {
                return Optional.empty();
            }
            asked = null;
            return answer(waiting);
        }
        if (wanted && ticker.nanos() - askedNanos >= EVERY.toNanos()) {
            askedNanos = ticker.nanos();
            Map<TopicPartition, OffsetSpec> specs = new HashMap<>();
            partitions.forEach(partition -> specs.put(partition, OffsetSpec.latest()));
            asked = admin.listOffsets(
                            specs, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED).timeoutMs(ANSWER_LIMIT_MS))
                    .all();
        }
        return Optional.empty();
    }

    private Optional<Answer> answer(KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> answered)
            throws InterruptedException {
        try {
            Map<Integer, Long> ends = new HashMap<>();
            answered.get().forEach((partition, info) -> ends.put(partition.partition(), info.offset()));
            return Optional.of(new Answer(askedNanos, ends));
        } catch (ExecutionException e) {
            // Asked again at the next turn; that no broker answers is noticed elsewhere.
            log.debug("where the results end is not known", e);
            return Optional.empty();
        }
    }
}
