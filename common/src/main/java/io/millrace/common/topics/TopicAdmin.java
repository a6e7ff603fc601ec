package io.millrace.common.topics;

import io.millrace.common.config.SettingException;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a run's topics and share groups as they must be, and verifies those that are there: what the run's producer does
 * at its start, and whoever prepares a run for it. Idempotent, in any order and at once.
 */
public final class TopicAdmin {
    private static final Logger log = LoggerFactory.getLogger(TopicAdmin.class);

    /** Kafka's lower bound of a share group's lock; a claim is acknowledged at once, so shorter is better. */
    private static final String LOCK_MS = "15000";

    private static final Map<String, String> SHARE_GROUP = Map.of(
            "share.auto.offset.reset", "earliest",
            "share.isolation.level", "read_committed",
            "share.record.lock.duration.ms", LOCK_MS);

    /** Between two looks for a topic whose making has not reached the broker that answers; news travel in less. */
    private static final Duration NEWS_WAIT = Duration.ofMillis(50);

    private final Admin admin;
    private final Duration limit;
    private final Ticker ticker = Ticker.system();

    /** @param limit how long the broker may take to answer, each call */
    public TopicAdmin(Admin admin, Duration limit) {
        this.admin = admin;
        this.limit = limit;
    }

    /** What {@link #ensure} did. */
    public record Outcome(List<String> created, List<String> verified) {}

    /**
     * Creates what is missing, verifies everything, and configures the share groups. Afterwards every topic is known to
     * the brokers, whichever process made it.
     *
     * @throws SettingException when a topic that is there does not fit: the message says what it has and what it needs;
     *     with a cause where the same call may do better later: a broker that does not answer, fewer brokers than copies
     */
    public Outcome ensure(TopicSettings settings) throws InterruptedException {
        List<TopicSpec> specs = TopicSpec.all(settings);
        Set<String> present = get("list topics", admin.listTopics().names());
        List<TopicSpec> missing =
                specs.stream().filter(spec -> !present.contains(spec.name())).toList();
        List<String> created = create(missing);
        verify(specs);
        RunTopics topics = new RunTopics(settings.run());
        configureShareGroups(
                Arrays.stream(Lane.values()).map(topics::shareGroup).toList());
        List<String> verified = specs.stream()
                .map(TopicSpec::name)
                .filter(name -> !created.contains(name))
                .toList();
        return new Outcome(created, verified);
    }

    /** In one request; returns those that no other process was faster with. */
    private List<String> create(List<TopicSpec> specs) throws InterruptedException {
        Map<String, KafkaFuture<Void>> making = admin.createTopics(specs.stream()
                        .map(spec -> new NewTopic(spec.name(), spec.partitions(), (short) spec.replicationFactor())
                                .configs(spec.configs()))
                        .toList())
                .values();
        List<String> created = new ArrayList<>();
        for (TopicSpec spec : specs) {
            KafkaFuture<Void> made = making.get(spec.name());
            if (made != null && isCreated(spec, made)) {
                created.add(spec.name());
            }
        }
        return created;
    }

    /** Another process may have been faster; its topic is verified like any other. */
    private boolean isCreated(TopicSpec spec, KafkaFuture<Void> made) throws InterruptedException {
        String what = "create topic " + spec.name();
        try {
            made.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            if (e.getCause() instanceof InvalidReplicationFactorException fewBrokers) {
                // A cluster's brokers register one after another, and a run's processes may be first.
                throw new SettingException(
                        "cannot " + what + " with --replication-factor " + spec.replicationFactor() + ": "
                                + fewBrokers.getMessage(),
                        fewBrokers);
            }
            throw failed(what, e, "CREATE on topic " + spec.name());
        } catch (TimeoutException e) {
            throw failed(what, e);
        }
    }

    private void verify(List<TopicSpec> specs) throws InterruptedException {
        List<String> names = specs.stream().map(TopicSpec::name).toList();
        Map<String, TopicDescription> described = getOnceKnown(
                "describe topics",
                "DESCRIBE on the run's topics",
                () -> admin.describeTopics(names).allTopicNames());
        List<ConfigResource> resources = names.stream()
                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                .toList();
        Map<ConfigResource, Config> configs = getOnceKnown(
                "describe topic settings",
                "DESCRIBE_CONFIGS on the run's topics",
                () -> admin.describeConfigs(resources).all());
        for (TopicSpec spec : specs) {
            TopicDescription topic = described.get(spec.name());
            Config config = configs.get(new ConfigResource(ConfigResource.Type.TOPIC, spec.name()));
            if (topic == null || config == null) {
                throw failed("describe topic " + spec.name(), new IllegalStateException("no answer for it"));
            }
            verify(spec, topic, config);
        }
    }

    /** @throws SettingException when a topic has other partitions than the settings say */
    public static void checkPartitions(TopicSpec spec, int partitions) {
        if (partitions != spec.partitions()) {
            throw new SettingException("topic " + spec.name() + " has " + partitions + " partitions, this run needs "
                    + spec.partitions()
                    + (spec.partitions() > 1 || partitions > 1 ? " (--result-partitions of the run)" : ""));
        }
    }

    private static void verify(TopicSpec spec, TopicDescription topic, Config config) {
        checkPartitions(spec, topic.partitions().size());
        long has = Long.parseLong(value(config, "max.message.bytes"));
        long needs = Long.parseLong(spec.configs().getOrDefault("max.message.bytes", "0"));
        if (has < needs) {
            throw new SettingException("topic " + spec.name() + " takes records of " + has
                    + " bytes (max.message.bytes), --record-size-max needs " + needs);
        }
        long segment = Long.parseLong(value(config, TopicSpec.SEGMENT_BYTES));
        long wished = Long.parseLong(spec.configs().getOrDefault(TopicSpec.SEGMENT_BYTES, "0"));
        if (segment < needs) {
            throw new SettingException("topic " + spec.name() + " has segments of " + segment + " bytes ("
                    + TopicSpec.SEGMENT_BYTES + "), which take no record of " + needs + " bytes (--record-size-max)");
        }
        if (segment > wished) {
            log.warn(
                    "topic {} has segments of {} bytes ({}), {} are usual: what is trimmed frees disk by whole segments"
                            + " only",
                    spec.name(),
                    segment,
                    TopicSpec.SEGMENT_BYTES,
                    wished);
        }
        String times = spec.configs().getOrDefault(TopicSpec.TIMESTAMP_TYPE, "");
        if (!value(config, TopicSpec.TIMESTAMP_TYPE).equals(times)) {
            throw new SettingException("topic " + spec.name() + " has " + TopicSpec.TIMESTAMP_TYPE + "="
                    + value(config, TopicSpec.TIMESTAMP_TYPE) + ", Millrace needs " + times
                    + ": a host whose clock is ahead could not write to it. Set it with kafka-configs --alter --topic "
                    + spec.name() + " --add-config " + TopicSpec.TIMESTAMP_TYPE + "=" + times);
        }
        for (String key : List.of("cleanup.policy", "retention.ms", "retention.bytes")) {
            String wanted = spec.configs().getOrDefault(key, "");
            // A compacted topic is trimmed by key alone; its retention does not count.
            boolean counts = key.equals("cleanup.policy")
                    || "delete".equals(spec.configs().get("cleanup.policy"));
            if (counts && !value(config, key).equals(wanted)) {
                throw new SettingException("topic " + spec.name() + " has " + key + "=" + value(config, key)
                        + ", Millrace needs " + wanted + ": nothing unsettled may be trimmed");
            }
        }
    }

    private static String value(Config config, String key) {
        ConfigEntry entry = config.get(key);
        return entry == null || entry.value() == null ? "" : entry.value();
    }

    /** Set before the first publish: the default would skip prompts published before the first worker. */
    private void configureShareGroups(List<String> groups) throws InterruptedException {
        List<AlterConfigOp> ops = SHARE_GROUP.entrySet().stream()
                .map(entry ->
                        new AlterConfigOp(new ConfigEntry(entry.getKey(), entry.getValue()), AlterConfigOp.OpType.SET))
                .toList();
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        groups.forEach(group -> changes.put(new ConfigResource(ConfigResource.Type.GROUP, group), ops));
        answer(
                "configure share groups " + groups,
                "ALTER_CONFIGS on groups " + String.join(", ", groups),
                admin.incrementalAlterConfigs(changes).all(),
                limit);
        awaitShareGroups(changes.keySet());
    }

    /** The controller confirms a setting before the broker has heard of it that a worker may join next. */
    private void awaitShareGroups(Set<ConfigResource> groups) throws InterruptedException {
        long deadlineNanos = ticker.nanos() + limit.toNanos();
        while (true) {
            Map<ConfigResource, Config> told =
                    get("describe share groups", admin.describeConfigs(groups).all());
            boolean known = told.values().stream()
                    .allMatch(config -> SHARE_GROUP.entrySet().stream()
                            .allMatch(entry -> value(config, entry.getKey()).equals(entry.getValue())));
            if (known) {
                return;
            }
            if (ticker.nanos() - deadlineNanos >= 0) {
                throw failed(
                        "configure share groups",
                        new IllegalStateException("the broker does not tell the settings that it was given"));
            }
            // Nobody is told when it has heard of them.
            Thread.sleep(NEWS_WAIT);
        }
    }

    /**
     * Same as {@link #get}, asked again while a broker does not know a topic: the controller confirms a topic, or refuses
     * a second one of the name, before every broker has heard of it.
     */
    private <T> T getOnceKnown(String what, String right, Supplier<KafkaFuture<T>> call) throws InterruptedException {
        long deadlineNanos = ticker.nanos() + limit.toNanos();
        while (true) {
            try {
                return call.get().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
                        || ticker.nanos() - deadlineNanos >= 0) {
                    throw failed(what, e, right);
                }
                // Another process made the topic just now; the broker tells nobody when it has heard of it.
                Thread.sleep(NEWS_WAIT);
            } catch (TimeoutException e) {
                throw failed(what, e);
            }
        }
    }

    private <T> T get(String what, KafkaFuture<T> future) throws InterruptedException {
        return answer(what, future, limit);
    }

    /** @throws SettingException when the broker does not answer within the limit, or refuses */
    public static <T> T answer(String what, KafkaFuture<T> asked, Duration limit) throws InterruptedException {
        return answer(what, "", asked, limit);
    }

    private static <T> T answer(String what, String right, KafkaFuture<T> asked, Duration limit)
            throws InterruptedException {
        try {
            return asked.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw failed(what, e, right);
        }
    }

    /** What a question to the broker ended with, for who waits for brokers. */
    public static SettingException failed(String what, Exception e) {
        return failed(what, e, "");
    }

    /** @param right that it takes, for who lacks it; empty where the broker names it itself */
    private static SettingException failed(String what, Exception e, String right) {
        Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        String message =
                "cannot " + what + ": " + cause + " (is the broker up at --bootstrap, and may this client do it?)";
        if (cause instanceof AuthorizationException) {
            return new SettingException(
                    right.isEmpty()
                            ? "cannot " + what + ": " + cause.getMessage()
                            : "cannot " + what + ", it lacks " + right,
                    cause);
        }
        // The cause only where the same call may do better later: whoever waits for a broker asks for it.
        return cause instanceof TimeoutException || cause instanceof RetriableException
                ? new SettingException(message, cause)
                : new SettingException(message);
    }
}
