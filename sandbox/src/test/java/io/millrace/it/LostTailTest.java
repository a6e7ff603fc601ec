package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.testing.Await;
import io.millrace.ops.audit.AuditCommand;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A broker that comes back without the last of what it had acknowledged, as after a power loss, under a whole run. */
class LostTailTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int GROUPS = 4;

    @TempDir
    Path folder;

    private OwnBroker broker;
    private WholeRun whole;
    private TrainerProcess trainer;
    private final Set<Long> trained = new HashSet<>();
    private long steps;

    @BeforeEach
    void begin() throws Exception {
        broker = new OwnBroker(folder);
        whole = new WholeRun(broker.bootstrap(), Map.of("batch-groups", "" + GROUPS, "samples-per-group", "2"));
        trainer = whole.trainer(Map.of("missing-result-timeout", "1s", "snapshot-records", "1"));
        var _ = whole.producer(Map.of(
                "dataset",
                ProducerRun.dataSet(folder, "What is 1 + ", 1_000).toString(),
                "worker-timeout",
                "5s",
                "reward-type",
                "random"));
        var _ = whole.worker(whole.engine(Map.of()), Map.of("slots", "8", "reward-type", "random"));
    }

    @AfterEach
    void end() throws Exception {
        whole.close();
        broker.close();
    }

    /** Leases and acknowledges the next step; answers that say so are asked for again. */
    private void train() throws Exception {
        Await.until(
                "step " + steps + " of " + trainer.get("/v1/status").json(),
                () -> {
                    TrainerProcess.Answer lease = trainer.leaseNext(1000);
                    if (lease.status() != 200) {
                        return false;
                    }
                    long step = lease.json().path("step").asLong();
                    String token = lease.json().path("lease").asString();
                    TrainerProcess.Answer batch = trainer.get("/v1/steps/" + step + "/batch?lease=" + token);
                    if (batch.status() != 200) {
                        return false;
                    }
                    TrainerProcess.Answer ack = trainer.post(
                            "/v1/steps/" + step + "/ack",
                            Json.object()
                                    .put("lease", token)
                                    .put("weight_version", step + 1)
                                    .toString());
                    if (ack.status() != 200) {
                        return false;
                    }
                    lease.json().path("group_indices").forEach(index -> trained.add(index.asLong()));
                    steps = step + 1;
                    return true;
                },
                LIMIT);
    }

    private long finished() throws Exception {
        return trainer.get("/v1/status").json().path("finished").asLong();
    }

    private JsonNode audit() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new AuditCommand(new PrintStream(out, true, StandardCharsets.UTF_8))
                .run(new AuditCommand.Settings(
                        whole.run, true, null, Duration.ofSeconds(2), new KafkaSettings(broker.bootstrap(), Map.of())));
        return Json.MAPPER.readTree(out.toByteArray());
    }

    @Test
    void resultsThatAreGoneAreGeneratedAgain() throws Exception {
        train();
        train();
        Await.until("groups that wait to be leased", () -> finished() >= GROUPS, LIMIT);
        broker.loses(tails -> {
            long bytes = 0;
            for (TopicPartition partition : tails.partitions(whole.topics.results(GroupKind.TRAINING))) {
                bytes += tails.cutBytes(partition, 10);
            }
            return bytes;
        });
        for (int i = 0; i < 8; i++) {
            train();
        }
        assertEquals(steps * GROUPS, trained.size(), "each group in one step only");
        JsonNode report = audit();
        assertEquals(0, report.path("findings").size(), report::toString);
    }

    /** The logs of one transaction lose different parts of it, the ends of transactions among them. */
    @Test
    void whateverLogLosesItsLastBatchesTheRunGoesOn() throws Exception {
        train();
        train();
        for (int cut : List.of(1, 3)) {
            broker.loses(tails -> {
                long bytes = 0;
                for (TopicPartition partition : tails.all(whole.run.value())) {
                    bytes += tails.cutBatches(partition, cut);
                }
                return bytes;
            });
            train();
            train();
        }
        JsonNode report = audit();
        for (JsonNode finding : report.path("findings")) {
            assertFalse(
                    Set.of("lost", "doubled", "contradiction", "hole")
                            .contains(finding.path("kind").asString()),
                    report::toString);
        }
    }
}
