package io.millrace.sandbox.broker;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.nio.file.Path;
import java.util.List;

/** What {@code millrace broker} needs. */
public record BrokerSettings(
        @Setting(defaultValue = "127.0.0.1", help = "Address the broker listens on and tells its clients")
        String kafkaHost,

        @Setting(defaultValue = "9092", range = "0 to 65535", help = "Port for clients; 0 takes a free one and logs it")
        int kafkaPort,

        @Setting(
                name = "proxied-listener",
                defaultValue = "",
                help = "A further port, as port:advertised-port: clients that come to it are told the advertised one,"
                        + " where a proxy leads back to it; may be repeated")
        List<String> proxiedListeners,

        @Setting(defaultValue = "1", range = "1 to 1000", help = "Id of this node in the quorum")
        int nodeId,

        @Setting(
                defaultValue = "",
                help = "Every node's controller as id@host:port, the same list at each node; without it the node is"
                        + " alone")
        List<String> quorum,

        @Setting(defaultValue = ".millrace/broker", help = "Folder of the broker's log")
        Path dataDir,

        @Setting(
                defaultValue = "true",
                help = "Keep the data folder, so that the next start goes on with it; false empties it at start and at"
                        + " the end")
        boolean keepData) {
    public BrokerSettings {
        proxiedListeners = List.copyOf(proxiedListeners);
        quorum = List.copyOf(quorum);
        proxiedListeners.forEach(ProxiedListener::parse);
        List<Integer> ids =
                quorum.stream().map(QuorumVoter::parse).map(QuorumVoter::nodeId).toList();
        if (!ids.isEmpty() && !ids.contains(nodeId)) {
            throw SettingException.impossible("--node-id and --quorum", "node " + nodeId + " is not in the quorum");
        }
        if (ids.stream().distinct().count() < ids.size()) {
            throw SettingException.impossible("--quorum", "a node stands in it twice");
        }
    }

    /** A node on its own. */
    static BrokerSettings alone(String host, int port, Path dataDir, boolean keepData) {
        return new BrokerSettings(host, port, List.of(), 1, List.of(), dataDir, keepData);
    }

    List<ProxiedListener> proxied() {
        return proxiedListeners.stream().map(ProxiedListener::parse).toList();
    }

    List<QuorumVoter> voters() {
        return quorum.stream().map(QuorumVoter::parse).toList();
    }
}
