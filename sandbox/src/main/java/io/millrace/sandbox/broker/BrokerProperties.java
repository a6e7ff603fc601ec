package io.millrace.sandbox.broker;

import java.util.List;
import java.util.Properties;

/** The server's configuration from ours. Pure. */
final class BrokerProperties {
    private BrokerProperties() {}

    /**
     * @param port for clients
     * @param controllerPort of this node
     */
    static Properties of(BrokerSettings settings, int port, int controllerPort) {
        Properties p = new Properties();
        p.put("process.roles", "broker,controller");
        p.put("node.id", Integer.toString(settings.nodeId()));
        p.put("log.dirs", settings.dataDir().toAbsolutePath().toString());
        p.put("auto.create.topics.enable", "false");
        p.put("group.initial.rebalance.delay.ms", "0");
        // A large share group is legal: 1000 is Kafka's own ceiling of members.
        p.put("group.share.max.size", "1000");
        // A member gets its partition with its second heartbeat: at the default of 5 s a worker's first claim waits so
        // long.
        p.put("group.share.min.heartbeat.interval.ms", "500");
        p.put("group.share.heartbeat.interval.ms", "500");
        listeners(p, settings, port, controllerPort);
        internalTopics(p, settings.voters().size());
        return p;
    }

    private static void listeners(Properties p, BrokerSettings settings, int port, int controllerPort) {
        String controllerHost = settings.voters().stream()
                .filter(voter -> voter.nodeId() == settings.nodeId())
                .map(QuorumVoter::host)
                .findFirst()
                .orElse("127.0.0.1");
        StringBuilder listeners = new StringBuilder("PLAINTEXT://" + settings.kafkaHost() + ":" + port);
        StringBuilder advertised = new StringBuilder(listeners);
        StringBuilder protocols = new StringBuilder("PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        List<ProxiedListener> proxied = settings.proxied();
        for (int i = 0; i < proxied.size(); i++) {
            String name = ",PROXIED" + i + "://" + settings.kafkaHost() + ":";
            listeners.append(name).append(proxied.get(i).port());
            advertised.append(name).append(proxied.get(i).advertisedPort());
            protocols.append(",PROXIED").append(i).append(":PLAINTEXT");
        }
        listeners.append(",CONTROLLER://").append(controllerHost).append(':').append(controllerPort);
        p.put("listeners", listeners.toString());
        p.put("advertised.listeners", advertised.toString());
        p.put("listener.security.protocol.map", protocols.toString());
        p.put("inter.broker.listener.name", "PLAINTEXT");
        p.put("controller.listener.names", "CONTROLLER");
        p.put(
                "controller.quorum.voters",
                settings.quorum().isEmpty()
                        ? settings.nodeId() + "@" + controllerHost + ":" + controllerPort
                        : String.join(",", settings.quorum()));
    }

    /** Kafka's own topics stand on as many nodes as ours can, and stay writable while one node is away. */
    private static void internalTopics(Properties p, int voters) {
        int copies = Math.clamp(voters, 1, 3);
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            p.put(topic + ".replication.factor", Integer.toString(copies));
            p.put(topic + ".num.partitions", "4");
        }
        String inSync = Integer.toString(Math.max(1, copies - 1));
        p.put("transaction.state.log.min.isr", inSync);
        p.put("share.coordinator.state.topic.min.isr", inSync);
        p.put("min.insync.replicas", inSync);
        if (voters > 1) {
            // A killed node's partitions get another leader when its session ends; the default is 9 s.
            p.put("broker.session.timeout.ms", "6000");
        }
    }
}
