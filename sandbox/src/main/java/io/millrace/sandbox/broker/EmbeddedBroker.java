package io.millrace.sandbox.broker;

import io.millrace.common.config.SettingException;
import io.millrace.sandbox.cluster.DataFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The real Kafka server, broker and controller in one, inside this JVM: formatted on first use, then started. It uses
 * internal classes of the server, so its version is pinned. Few internal partitions, short heartbeats and no group
 * delay make it answer quickly; nothing else differs from a server of one's own. Not thread-safe.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedBroker.class);

    private final BrokerSettings settings;
    private final int port;
    private final KafkaRaftServer server;

    private EmbeddedBroker(BrokerSettings settings, int port, KafkaRaftServer server) {
        this.settings = settings;
        this.port = port;
        this.server = server;
    }

    /**
     * Formats the data folder when it is empty, and starts the server; returns when it has started up.
     *
     * @throws SettingException when the port is taken or the folder cannot be used
     */
    public static EmbeddedBroker start(BrokerSettings settings) {
        return start(settings, Map.of());
    }

    /**
     * Same, with properties of the server that win over ours.
     *
     * @param more as in the server's own file
     */
    public static EmbeddedBroker start(BrokerSettings settings, Map<String, String> more) {
        if (!settings.keepData()) {
            delete(settings.dataDir());
        }
        int port = settings.kafkaPort() == 0 ? freePort(settings.kafkaHost()) : settings.kafkaPort();
        refuseTaken(settings.kafkaHost(), port);
        Properties properties = BrokerProperties.of(settings, port, controllerPort(settings));
        properties.putAll(more);
        KafkaConfig config = KafkaConfig.fromProps(properties, false);
        format(settings);
        KafkaRaftServer server = new KafkaRaftServer(config, Time.SYSTEM);
        try {
            server.startup();
        } catch (RuntimeException e) {
            server.shutdown();
            throw e;
        }
        log.info("broker on {}:{}, data in {}", settings.kafkaHost(), port, settings.dataDir());
        return new EmbeddedBroker(settings, port, server);
    }

    private static void format(BrokerSettings settings) {
        // A folder that goes on has a cluster id of its own, and the formatter refuses any other.
        if (Files.exists(settings.dataDir().resolve("meta.properties"))) {
            return;
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try {
            Files.createDirectories(settings.dataDir());
            new Formatter()
                    .setClusterId(clusterId(settings))
                    .setNodeId(settings.nodeId())
                    .setControllerListenerName("CONTROLLER")
                    .setMetadataLogDirectory(settings.dataDir().toAbsolutePath().toString())
                    .addDirectory(settings.dataDir().toAbsolutePath().toString())
                    .setIgnoreFormatted(true)
                    .setPrintStream(new PrintStream(said, true, StandardCharsets.UTF_8))
                    .run();
        } catch (Exception e) {
            throw new SettingException("--data-dir: cannot format " + settings.dataDir() + " for the broker: " + e);
        }
        log.debug("format: {}", said.toString(StandardCharsets.UTF_8).strip());
    }

    /** The nodes of a quorum must have the same one, and know nothing of each other but the quorum. */
    private static String clusterId(BrokerSettings settings) {
        if (settings.quorum().isEmpty()) {
            return Uuid.randomUuid().toString();
        }
        UUID id = UUID.nameUUIDFromBytes(String.join(",", settings.quorum()).getBytes(StandardCharsets.UTF_8));
        return new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits()).toString();
    }

    private static int controllerPort(BrokerSettings settings) {
        return settings.voters().stream()
                .filter(voter -> voter.nodeId() == settings.nodeId())
                .mapToInt(QuorumVoter::port)
                .findFirst()
                .orElseGet(() -> freePort("127.0.0.1"));
    }

    /** A fresh broker on a free port with a data folder of its own under the given one, thrown away at the end. */
    public static EmbeddedBroker startThrowaway(Path parent) {
        Path dataDir = parent.resolve("kafka-" + UUID.randomUUID());
        return start(BrokerSettings.alone("127.0.0.1", 0, dataDir, false));
    }

    public int port() {
        return port;
    }

    /** What clients give as bootstrap servers. */
    public String bootstrap() {
        return settings.kafkaHost() + ":" + port;
    }

    /** Shuts the server down in order, and removes the data where it is not to be kept. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
        if (!settings.keepData()) {
            delete(settings.dataDir());
        }
    }

    private static int freePort(String host) {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new SettingException("--kafka-host: cannot listen on " + host + ": " + e.getMessage());
        }
    }

    private static void refuseTaken(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new SettingException("--kafka-port: cannot listen on " + host + ":" + port + ": " + e.getMessage());
        }
    }

    private static void delete(Path folder) {
        try {
            DataFolder.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot empty " + folder, e);
        }
    }
}
