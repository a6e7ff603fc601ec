package io.millrace.it;

import io.millrace.common.testing.Await;
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.proxy.FaultProxy;
import io.millrace.sandbox.proxy.LinkState;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker is told to stop while its broker takes connections and answers nothing, as one that is paused. */
class FrozenBrokerStopTest {
    /** All closes together ask for less than 5 s; a client's own limit would be 30 s. The rest is for a slow machine. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void noClientWaitsForABrokerThatDoesNotAnswer(@TempDir Path folder) throws Exception {
        int own = freePort();
        try (FaultProxy link = FaultProxy.start(0, new InetSocketAddress(InetAddress.getLoopbackAddress(), own));
                EmbeddedBroker _ = EmbeddedBroker.start(new BrokerSettings(
                        "127.0.0.1", 0, List.of(own + ":" + link.port()), 1, List.of(), folder, false))) {
            WorkerRun run = new WorkerRun("127.0.0.1:" + link.port(), Map.of());
            try {
                EngineServer engine = run.engine(Map.of());
                WorkerRun.Worker worker = run.worker(Map.of("slots", "4", "evaluation-slots", "2"), engine.url());
                run.publish(2, 2);
                run.awaitReceipts(2);
                Await.until(
                        "nothing is held", () -> worker.status().path("groups").size() == 0, WorkerRun.LIMIT);
                link.set(new LinkState.BlackHole());
                worker.stop(STOP_LIMIT);
            } finally {
                link.set(new LinkState.Clear());
                run.close();
            }
        }
    }
}
