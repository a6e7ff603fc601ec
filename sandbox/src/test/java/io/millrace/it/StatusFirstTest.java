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

    /** The broker refuses a record that cannot have as many copies as its topic asks for. */
    private void takeStatuses(boolean taken) throws Exception {
        try (Admin admin =
                new KafkaClients(new KafkaSettings(KafkaCluster.bootstrap(), Map.of()), 1 << 20).admin("refusal")) {
            admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, run.topics.workers()),
                            List.of(new AlterConfigOp(
                                    new ConfigEntry("min.insync.replicas", taken ? "1" : "2"),
                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get(WorkerRun.LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private double claims(WorkerRun.Worker worker) throws Exception {
        return worker.metric("millrace_worker_claims_total{lane=\"training\",run=\"" + run.run + "\"}");
    }

    @Test
    void aWorkerWhoseStatusesAreRefusedClaimsNothingUntilOneIsTaken() throws Exception {
        takeStatuses(false);
        EngineServer engine = run.engine(Map.of());
        run.publish(4, 2);
        WorkerRun.Worker worker = run.worker(Map.of("slots", "8", "status-interval", "200ms"), engine.url());

        Await.until(
                "health says what is waited for",
                () -> worker.health().contains("no status of this worker is taken yet"),
                WorkerRun.LIMIT);
        // A control: another worker, whose share of the same queue is as near, would have taken all by now.
        assertEquals(0, claims(worker));
        assertEquals(0, run.receipts().size());

        takeStatuses(true);
        Await.until("all four groups finish", () -> run.receipts().size() == 4, WorkerRun.LIMIT);
    }
}
