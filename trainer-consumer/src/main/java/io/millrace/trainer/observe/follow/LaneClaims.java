package io.millrace.trainer.observe.follow;

import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.LaneOffsets;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks now and then how far workers have claimed each lane. Without an answer, of a broker that is away or does not let
 * this client ask, a group counts as queued until a worker's status or a receipt names it. One owner.
 */
final class LaneClaims {
    private static final Logger log = LoggerFactory.getLogger(LaneClaims.class);
    private static final long EVERY_NANOS = Duration.ofSeconds(2).toNanos();

    /** Takes the offset below which everything on a lane was claimed. */
    interface Taker {
        void claimed(Lane lane, long startOffset);
    }

    private final Map<Lane, LaneOffsets> offsets = new EnumMap<>(Lane.class);
    private final Map<Lane, KafkaFuture<Optional<SharePartitionOffsetInfo>>> asked = new EnumMap<>(Lane.class);
    private final Ticker ticker;
    private long askedNanos;

    /** @param admin not owned */
    LaneClaims(Admin admin, RunTopics topics, Ticker ticker) {
        this.ticker = ticker;
        for (Lane lane : Lane.values()) {
            offsets.put(lane, LaneOffsets.of(admin, topics, lane));
        }
    }

    /** Asks for all lanes. */
    void ask() {
        askedNanos = ticker.nanos();
        offsets.forEach((lane, of) -> asked.put(lane, of.claimed()));
    }

    /** Waits for the answers. */
    void await(Duration limit, Taker taker) throws InterruptedException {
        for (KafkaFuture<Optional<SharePartitionOffsetInfo>> one : asked.values()) {
            try {
                var _ = one.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException e) {
                log.debug("what the workers have claimed is not told", e);
            }
        }
        take(taker);
    }

    /** Takes the answers that have come, and asks again when it is time. */
    void turn(Taker taker) {
        take(taker);
        if (asked.isEmpty() && ticker.nanos() - askedNanos >= EVERY_NANOS) {
            ask();
        }
    }

    private void take(Taker taker) {
        asked.entrySet().removeIf(one -> {
            if (!one.getValue().isDone()) {
                return false;
            }
            try {
                one.getValue()
                        .get()
                        .filter(info -> info.startOffset() >= 0)
                        .ifPresent(info -> taker.claimed(one.getKey(), info.startOffset()));
            } catch (ExecutionException e) {
                log.debug("what the workers have claimed of {} is not told", one.getKey(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return true;
        });
    }
}
