package io.millrace.it;

import static io.millrace.it.ProducerRun.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that has lost the newest prompts and nothing else; the test's hand plays the workers. */
class LostPromptsTest {
    private static final List<Long> ALL = LongStream.range(0, 8).boxed().toList();
    /** Nothing is found by its time being over. */
    private static final Map<String, String> PATIENT = Map.of("worker-timeout", "10m");

    @TempDir
    Path folder;

    private OwnBroker broker;
    private ProducerRun run;
    private Path dataSet;

    @BeforeEach
    void begin() throws Exception {
        broker = new OwnBroker(folder);
        run = new ProducerRun(broker.bootstrap());
        dataSet = ProducerRun.dataSet(folder, "What is ", 10);
    }

    @AfterEach
    void end() throws Exception {
        run.close();
        broker.close();
    }

    private void losesPrompts() throws Exception {
        broker.loses(tails -> tails.cutBytes(new TopicPartition(run.topics.lane(Lane.TRAINING), 0), Long.MAX_VALUE));
    }

    /** Claims every group from the prompts lane, in whatever order. */
    private void claimAll() throws Exception {
        String group = run.topics.shareGroup(Lane.TRAINING);
        List<Long> claimed = new ArrayList<>();
        try (ShareConsumer<byte[], byte[]> claimer = run.clients.shareConsumer("test-claimer", group, 1)) {
            claimer.subscribe(List.of(run.topics.lane(Lane.TRAINING)));
            await("8 groups claimed", () -> {
                for (ConsumerRecord<byte[], byte[]> record : claimer.poll(Duration.ofMillis(200))) {
                    claimer.acknowledge(record, AcknowledgeType.ACCEPT);
                    claimed.add(ControlCodec.decode(record.value(), TrainingTask.class)
                            .groupIndex()
                            .value());
                }
                claimer.commitSync();
                return claimed.size() >= ALL.size();
            });
        }
        assertEquals(ALL, claimed.stream().sorted().toList());
    }

    /** The share group has come further than the log reaches: what is published next is claimed by nobody. */
    @Test
    void whatIsPublishedWhereLostPromptsStoodIsIssuedAgain() throws Exception {
        Map<String, String> quick = Map.of("worker-timeout", "5s");
        ProducerRun.Started first = run.start(dataSet, quick);
        await("published", () -> run.committedIndices().equals(ALL));
        claimAll();
        first.stop();
        losesPrompts();
        ProducerRun.Started second = run.start(dataSet, quick);
        assertTrue(
                second.get("/metrics").contains("millrace_producer_truncated_logs_total{run=\"" + run.run + "\"} 1.0"),
                "the lane that ends before what its share group has claimed is said and counted");
        await("published again", () -> run.committedIndices().equals(ALL));
        String group = run.topics.shareGroup(Lane.TRAINING);
        try (ShareConsumer<byte[], byte[]> living = run.clients.shareConsumer("test-living", group, 1)) {
            living.subscribe(List.of(run.topics.lane(Lane.TRAINING)));
            await("all are issued again", () -> {
                assertTrue(living.poll(Duration.ofMillis(200)).isEmpty());
                return run.urgent().size() >= ALL.size();
            });
        }
        assertEquals(
                ALL,
                run.urgent().stream()
                        .map(task -> task.groupIndex().value())
                        .sorted()
                        .toList());
        assertTrue(run.urgent().stream().allMatch(task -> task.history().losses() == 1));
    }

    /** Each session of a process finds the lane that ends too early; it is one loss. */
    @Test
    void aLossIsCountedOnceHoweverOftenTheRunIsTakenAgain() throws Exception {
        ProducerRun.Started first = run.start(dataSet, PATIENT);
        await("published", () -> run.committedIndices().equals(ALL));
        claimAll();
        first.stop();
        losesPrompts();
        // Half of what stood there comes back.
        ProducerRun.Started second = run.start(dataSet, Map.of("worker-timeout", "10m", "pipeline-depth", "0"));
        await("half is published again", () -> run.committedIndices().equals(ALL.subList(0, 4)));
        String counted = "millrace_producer_truncated_logs_total{run=\"" + run.run + "\"} 1.0";
        assertTrue(second.get("/metrics").contains(counted));
        run.fence();
        run.policy(1, 4);
        second.awaitRebuilds(1);
        assertTrue(second.get("/metrics").contains(counted), () -> "" + second.status());
    }

    /** Nobody claimed them, and all that the producer may publish is published: it has no other reason to look. */
    @Test
    void lostPromptsArePublishedAgainThoughNothingElseHappens() throws Exception {
        var _ = run.start(dataSet, PATIENT);
        await("published", () -> run.committedIndices().equals(ALL));
        losesPrompts();
        await("published again", () -> run.committedIndices().equals(ALL));
        claimAll();
    }
}
