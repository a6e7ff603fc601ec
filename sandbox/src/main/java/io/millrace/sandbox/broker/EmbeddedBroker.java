package io.millrace.sandbox.broker;

import io.millrace.common.config.SettingException;
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
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Stream;
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
    private static final int NODE_ID = 1;

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
        if (!settings.keepData()) {
            delete(settings.dataDir());
        }
        int port = settings.kafkaPort() == 0 ? freePort(settings.kafkaHost()) : settings.kafkaPort();
        refuseTaken(settings.kafkaHost(), port);
        KafkaConfig config = KafkaConfig.fromProps(properties(settings, port, freePort("127.0.0.1")), false);
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

    private static Properties properties(BrokerSettings settings, int port, int controllerPort) {
        Properties p = new Properties();
        p.put("process.roles", "broker,controller");
        p.put("node.id", Integer.toString(NODE_ID));
        p.put(
                "listeners",
                "PLAINTEXT://" + settings.kafkaHost() + ":" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        p.put("advertised.listeners", "PLAINTEXT://" + settings.kafkaHost() + ":" + port);
        p.put("controller.listener.names", "CONTROLLER");
        p.put("controller.quorum.voters", NODE_ID + "@127.0.0.1:" + controllerPort);
        p.put("log.dirs", settings.dataDir().toAbsolutePath().toString());
        p.put("auto.create.topics.enable", "false");
        p.put("group.initial.rebalance.delay.ms", "0");
        // A large share group is legal: 1000 is Kafka's own ceiling of members.
        p.put("group.share.max.size", "1000");
        // A member gets its partition with its second heartbeat: at the default of 5 s a worker's first claim waits so
        // long.
        p.put("group.share.min.heartbeat.interval.ms", "500");
        p.put("group.share.heartbeat.interval.ms", "500");
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            p.put(topic + ".replication.factor", "1");
            p.put(topic + ".num.partitions", "4");
        }
        p.put("transaction.state.log.min.isr", "1");
        p.put("share.coordinator.state.topic.min.isr", "1");
        return p;
    }

    private static void format(BrokerSettings settings) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try {
            Files.createDirectories(settings.dataDir());
            new Formatter()
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(NODE_ID)
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

    /** A fresh broker on a free port with a data folder of its own under the given one, thrown away at the end. */
    public static EmbeddedBroker startThrowaway(Path parent) {
        Path dataDir = parent.resolve("kafka-" + UUID.randomUUID());
        return start(new BrokerSettings("127.0.0.1", 0, dataDir, false));
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
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot empty " + folder, e);
        }
    }
}
