package io.millrace.producer.queue;

import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns when the run's workers come near the most members that the broker lets a share group have: each worker is one
 * member of each lane's group, and one too many is refused. The limit is asked for once, never waited for; a broker that
 * does not tell is not asked again. One owner.
 */
public final class ShareGroupRoom {
    static final String SETTING = "group.share.max.size";

    private static final Logger log = LoggerFactory.getLogger(ShareGroupRoom.class);

    /** What is left then is little enough to act, and enough to act in time. */
    private static final int NEAR_PERCENT = 90;

    private static final Duration SAY_EVERY = Duration.ofMinutes(10);

    private final EverySoOften lines;
    private final CompletableFuture<Long> membersMax;

    /** @param admin not owned */
    public ShareGroupRoom(Admin admin, Ticker ticker) {
        this(admin, admin.describeCluster().nodes(), ticker);
    }

    /** @param nodes of the cluster; a broker that has just started may tell of none */
    ShareGroupRoom(Admin admin, KafkaFuture<Collection<Node>> nodes, Ticker ticker) {
        this.lines = new EverySoOften(SAY_EVERY, ticker);
        this.membersMax = nodes.toCompletionStage()
                .thenCompose(found -> settings(admin, found))
                .thenApply(ShareGroupRoom::membersMax)
                .exceptionally(cause -> {
                    log.debug("the broker does not tell its {}", SETTING, cause);
                    return Long.MAX_VALUE;
                })
                .toCompletableFuture();
    }

    /** Of any one broker: each has the same. */
    private static CompletionStage<Map<ConfigResource, Config>> settings(Admin admin, Collection<Node> nodes) {
        List<ConfigResource> one = nodes.stream()
                .limit(1)
                .map(node -> new ConfigResource(ConfigResource.Type.BROKER, node.idString()))
                .toList();
        return one.isEmpty()
                ? CompletableFuture.completedFuture(Map.of())
                : admin.describeConfigs(one).all().toCompletionStage();
    }

    private static long membersMax(Map<ConfigResource, Config> configs) {
        return configs.values().stream()
                .map(config -> config.get(SETTING))
                .filter(entry -> entry != null && entry.value() != null)
                .mapToLong(entry -> Long.parseLong(entry.value()))
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /** Warns when it is time, once the broker has told. */
    public void turn(long workers) {
        String warning = warning(workers, membersMax.getNow(Long.MAX_VALUE));
        if (warning == null) {
            var _ = lines.reset();
        } else if (lines.isDue()) {
            log.warn("{}", warning);
        }
    }

    /** What is to be said of so many workers; null for nothing. */
    static @Nullable String warning(long workers, long membersMax) {
        if (membersMax == Long.MAX_VALUE || workers * 100 < membersMax * NEAR_PERCENT) {
            return null;
        }
        return workers + " workers are at work, and the broker's " + SETTING + " lets " + membersMax
                + " claim (Kafka's default is 200, the most 1000): one more than that waits for a place. Raise it, or run"
                + " fewer workers with more slots";
    }
}
