package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.testing.Await;
import io.millrace.common.topics.Lane;
import io.millrace.worker.claim.LaneConsumer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a worker takes for signs of life of its share consumers, against the real one. */
class ConsumerAnswersTest {
    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    @Test
    void theAnswersThatAStalledConsumerIsKnownByAreCountedByKafkasOwn() throws Exception {
        KafkaClients clients = new KafkaClients(new KafkaSettings(KafkaCluster.bootstrap(), Map.of()), 1 << 20);
        try (ShareConsumer<byte[], byte[]> consumer =
                clients.shareConsumer("answers", run.topics.shareGroup(Lane.TRAINING), 1)) {
            consumer.subscribe(List.of(run.topics.lane(Lane.TRAINING)));
            Map<String, Long> first = new HashMap<>();
            // An idle consumer gets empty answers, and heartbeats go on.
            Await.until(
                    "both to be counted, and to grow",
                    () -> {
                        consumer.poll(Duration.ofMillis(100));
                        Map<String, Long> now = LaneConsumer.answers(consumer);
                        now.forEach((name, count) -> {
                            if (count > 0) {
                                first.putIfAbsent(name, count);
                            }
                        });
                        return first.keySet().equals(LaneConsumer.ANSWER_METRICS)
                                && LaneConsumer.ANSWER_METRICS.stream()
                                        .allMatch(name -> now.get(name) > first.get(name));
                    },
                    WorkerRun.LIMIT);
            assertTrue(first.keySet().containsAll(LaneConsumer.ANSWER_METRICS));
        }
    }
}
