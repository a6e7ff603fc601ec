package io.millrace.producer.queue;

import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
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
    private @Nullable KafkaFuture<Collection<Node>> nodes;
    private @Nullable KafkaFuture<Map<ConfigResource, Config>> configs;
    private final Admin admin;
    private long membersMax = Long.MAX_VALUE;

    /** @param admin not owned */
    public ShareGroupRoom(Admin admin, Ticker ticker) {
        this(admin, admin.describeCluster().nodes(), ticker);
    }

    /** @param nodes of the cluster; a broker that has just started may tell of none */
    public ShareGroupRoom(Admin admin, KafkaFuture<Collection<Node>> nodes, Ticker ticker) {
        this.admin = admin;
        this.lines = new EverySoOften(SAY_EVERY, ticker);
        this.nodes = nodes;
    }

    /** Takes the broker's answer where it has come, and warns when it is time. */
    public void turn(long workers) {
        try {
            ask();
        } catch (ExecutionException e) {
            log.debug("the broker does not tell its {}", SETTING, e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
        String warning = warning(workers, membersMax);
        if (warning == null) {
            var _ = lines.reset();
        } else if (lines.isDue()) {
            log.warn("{}", warning);
        }
    }

    private void ask() throws ExecutionException, InterruptedException {
        KafkaFuture<Collection<Node>> found = nodes;
        if (found != null && found.isDone()) {
            nodes = null;
            for (Node one : found.get()) {
                // Each has the same setting.
                configs = admin.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.BROKER, one.idString())))
                        .all();
                break;
            }
        }
        KafkaFuture<Map<ConfigResource, Config>> told = configs;
        if (told != null && told.isDone()) {
            configs = null;
            for (Config config : told.get().values()) {
                ConfigEntry entry = config.get(SETTING);
                membersMax = entry == null || entry.value() == null ? Long.MAX_VALUE : Long.parseLong(entry.value());
            }
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
