package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.Await;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded broker as a process, killed and started again on what it has written. */
class BrokerRestartTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private MillraceProcess broker(int port) throws Exception {
        MillraceProcess broker = MillraceProcess.start(
                folder, "broker", "--kafka-port", "" + port, "--data-dir", "" + folder.resolve("kafka"));
        Await.until(
                "the broker to listen",
                () -> {
                    assertTrue(broker.alive(), broker::printed);
                    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                        return socket.isConnected();
                    } catch (java.io.IOException e) {
                        return false;
                    }
                },
                LIMIT);
        return broker;
    }

    @Test
    void aKilledBrokerGoesOnWithWhatItHas() throws Exception {
        int port = MillraceProcess.freePorts(1);
        MillraceProcess first = broker(port);
        Map<String, Object> properties = Map.of("bootstrap.servers", "127.0.0.1:" + port);
        try (Admin admin = Admin.create(properties)) {
            admin.createTopics(List.of(new NewTopic("kept", Optional.of(1), Optional.of((short) 1))))
                    .all()
                    .get();
        } finally {
            first.kill();
        }
        MillraceProcess second = broker(port);
        try (Admin admin = Admin.create(properties)) {
            Set<String> topics = admin.listTopics().names().get();
            assertTrue(topics.contains("kept"), topics::toString);
        } finally {
            second.end();
        }
    }
}
