package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.testing.Await;
import io.millrace.sandbox.engine.EngineServer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The ledger knows what a worker holds by its statuses alone, so a worker that it cannot hear takes nothing. */
class StatusFirstTest {
    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        takeStatuses(true);
        run.close();
    }

    /** A broker refuses what is above a topic's limit. */
    private void takeStatuses(boolean taken) throws Exception {
        try (Admin admin =
                new KafkaClients(new KafkaSettings(KafkaCluster.bootstrap(), Map.of()), 1 << 20).admin("refusal")) {
            admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, run.topics.workers()),
                            List.of(new AlterConfigOp(
                                    new ConfigEntry("max.message.bytes", taken ? Integer.toString(32 << 20) : "100"),
                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get(WorkerRun.LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private double count(WorkerRun.Worker worker, String counter) throws Exception {
        return worker.metric("millrace_worker_" + counter + "_total{run=\"" + run.run + "\"}");
    }

    @Test
    void aWorkerWhoseStatusesAreRefusedClaimsNothingUntilOneIsTaken() throws Exception {
        EngineServer engine = run.engine(Map.of());
        WorkerRun.Worker worker =
                run.worker(Map.of("slots", "8", "status-interval", "200ms", "status-timeout", "1s"), engine.url());
        run.publish(4, 2);
        run.awaitReceipts(4);

        takeStatuses(false);
        Await.until(
                "health says what is waited for",
                () -> worker.health().contains("(--status-timeout)"),
                WorkerRun.LIMIT);
        run.publish(WorkerRun.task(4, 2), WorkerRun.task(5, 2));
        double before = count(worker, "statuses_refused");
        Await.until("more are refused", () -> count(worker, "statuses_refused") > before + 5, WorkerRun.LIMIT);
        assertEquals(4, run.receipts().size(), "nothing is claimed meanwhile");

        takeStatuses(true);
        run.awaitReceipts(6);
    }
}
