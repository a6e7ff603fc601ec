package io.millrace.sandbox.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.config.SettingException;
import io.millrace.common.testing.SettingsContract;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class BrokerSettingsTest implements SettingsContract<BrokerSettings> {
    private static final List<String> THREE = List.of("1@127.0.0.1:21", "2@127.0.0.1:22", "3@127.0.0.1:23");

    @Override
    public Class<BrokerSettings> settings() {
        return BrokerSettings.class;
    }

    @Override
    public Map<String, String> examples() {
        return Map.of("proxied-listener", "11:12,13:14", "quorum", "1@a:1,2@b:2");
    }

    private static BrokerSettings settings(int nodeId, List<String> proxied, List<String> quorum) {
        return new BrokerSettings("127.0.0.1", 9092, proxied, nodeId, quorum, Path.of("data"), true);
    }

    private static String refused(int nodeId, List<String> proxied, List<String> quorum) {
        return assertThrows(SettingException.class, () -> settings(nodeId, proxied, quorum))
                .getMessage();
    }

    @Test
    void aQuorumThatCannotBeIsRefusedByName() {
        assertEquals("--node-id and --quorum: node 4 is not in the quorum", refused(4, List.of(), THREE));
        assertEquals(
                "--quorum: a node stands in it twice", refused(1, List.of(), List.of("1@127.0.0.1:21", "1@other:21")));
        assertEquals("--quorum must be id@host:port, was '1@a'", refused(1, List.of(), List.of("1@a")));
        assertEquals(
                "--proxied-listener must be port:advertised-port, was '1:99999'",
                refused(1, List.of("1:99999"), List.of()));
    }

    @Test
    void clientsOfAProxiedListenerAreToldTheProxysPort() {
        Properties p = BrokerProperties.of(settings(1, List.of("11:12", "13:14"), List.of()), 9092, 9093);
        assertEquals(
                "PLAINTEXT://127.0.0.1:9092,PROXIED0://127.0.0.1:11,PROXIED1://127.0.0.1:13,CONTROLLER://127.0.0.1:9093",
                p.get("listeners"));
        assertEquals(
                "PLAINTEXT://127.0.0.1:9092,PROXIED0://127.0.0.1:12,PROXIED1://127.0.0.1:14",
                p.get("advertised.listeners"));
        assertEquals("1@127.0.0.1:9093", p.get("controller.quorum.voters"));
        assertEquals("1", p.get("transaction.state.log.replication.factor"));
    }

    @Test
    void threeNodesKeepThreeCopiesAndWriteWithTwo() {
        Properties p = BrokerProperties.of(settings(2, List.of(), THREE), 9092, 22);
        assertEquals(String.join(",", THREE), p.get("controller.quorum.voters"));
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            assertEquals("3", p.get(topic + ".replication.factor"));
        }
        assertEquals("2", p.get("transaction.state.log.min.isr"));
        assertEquals("2", p.get("share.coordinator.state.topic.min.isr"));
    }
}
