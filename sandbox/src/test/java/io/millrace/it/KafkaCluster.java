package io.millrace.it;

import io.millrace.common.id.RunId;
import io.millrace.sandbox.broker.EmbeddedBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.kafka.KafkaContainer;

/**
 * The one broker that the integration tests of a JVM share: started by the first that asks, stopped when the JVM ends.
 * A container where a Docker engine answers, else the embedded broker, which is the same server in this JVM;
 * {@code MILLRACE_TEST_BROKER=embedded} asks for no engine. Tests keep apart by {@link #uniqueRun}. Thread-safe.
 */
public final class KafkaCluster {
    /** The server version of the root pom, as an image. */
    private static final String IMAGE = "apache/kafka:4.4.0";

    private static final String VARIABLE = "MILLRACE_TEST_BROKER";

    private KafkaCluster() {}

    /** Holds the broker, so that the JVM starts it once however many threads ask first. */
    private static final class Started {
        private static final Logger log = LoggerFactory.getLogger(KafkaCluster.class);
        private static final String BOOTSTRAP = start();

        private Started() {}

        private static String start() {
            if ("embedded".equals(System.getenv(VARIABLE))) {
                return embedded(VARIABLE + " asks for it");
            }
            return DockerClientFactory.instance().isDockerAvailable()
                    ? container()
                    : embedded("no Docker engine answers");
        }

        private static String container() {
            // Stopped by Testcontainers' own reaper when the JVM ends, also when it is killed.
            KafkaContainer kafka = configured();
            kafka.start();
            log.info("integration tests use the container {} at {}", IMAGE, kafka.getBootstrapServers());
            return kafka.getBootstrapServers();
        }

        private static String embedded(String why) {
            Path folder = temporaryFolder();
            EmbeddedBroker broker = EmbeddedBroker.startThrowaway(folder);
            Runtime.getRuntime()
                    .addShutdownHook(
                            Thread.ofPlatform().name("stop-test-broker").unstarted(() -> {
                                broker.close();
                                folder.toFile().delete();
                            }));
            log.info("integration tests use the embedded broker at {}: {}", broker.bootstrap(), why);
            return broker.bootstrap();
        }
    }

    /** Where clients connect; starts the broker on first use. */
    public static String bootstrap() {
        return Started.BOOTSTRAP;
    }

    /** A run no other test has, so that topics, share groups and transactional ids are one's own. */
    public static RunId uniqueRun() {
        return new RunId("it-" + UUID.randomUUID().toString().substring(0, 12));
    }

    /**
     * One node that is broker and controller. The image drops its packaged settings when any is given; the class gives
     * listeners, roles, quorum and the copies of offsets and transactions, this adds what a single node lacks for share
     * groups and what the embedded broker has, so that both answer alike.
     */
    // Not closed here: it serves until the JVM ends.
    @SuppressWarnings("resource")
    private static KafkaContainer configured() {
        return new KafkaContainer(IMAGE)
                .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
                .withEnv("KAFKA_GROUP_SHARE_MAX_SIZE", "1000")
                .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1")
                .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1")
                .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS", "4")
                .withEnv("KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS", "4")
                .withEnv("KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS", "4");
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("millrace-it");
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary folder for the test broker", e);
        }
    }
}
