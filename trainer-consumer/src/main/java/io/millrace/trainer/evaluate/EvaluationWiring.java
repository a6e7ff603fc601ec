package io.millrace.trainer.evaluate;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.session.FencedException;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TrimFailures;
import io.millrace.trainer.results.ResultEnds;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;

/** Builds what belongs to evaluations, and starts it. */
public final class EvaluationWiring {
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

    /**
     * What it takes from the process.
     *
     * @param partitions of {@code eval-results}
     * @param partBytesMax of unfinished parts in memory
     * @param missingResultTimeout how long a partition must be seen to end before a result until that counts as missing
     */
    public record Surroundings(
            RunTopics topics,
            EvaluationSettings settings,
            int batchGroups,
            int partitions,
            long partBytesMax,
            Duration missingResultTimeout,
            Duration trimInterval,
            Duration brokerTimeout) {}

    private EvaluationWiring() {}

    /**
     * @param admin not owned
     * @param stops gets what is started
     * @param opened done when the run's topics are there
     * @param fenced who has the run while this process stands by; gives null while it does not
     */
    public static Evaluations start(
            Surroundings around,
            KafkaClients clients,
            Admin admin,
            Metrics metrics,
            Health health,
            StopSequence stops,
            Fatal fatal,
            CompletableFuture<Void> opened,
            Supplier<@Nullable FencedException> fenced) {
        RunTopics topics = around.topics();
        int limitMs = Math.toIntExact(around.brokerTimeout().toMillis());
        Producer<byte[], byte[]> producer = clients.producer(
                topics.run() + ".trainer.evals",
                Map.of(
                        ProducerConfig.MAX_BLOCK_MS_CONFIG, limitMs,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, limitMs,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, limitMs));
        stops.push("evaluation requests", _ -> producer.close(CLOSE_LIMIT));
        EvalWriter writer = new EvalWriter(producer, topics);
        EvaluationView view = new EvaluationView();
        EvaluationMetrics meters = new EvaluationMetrics(metrics.registry());
        EvaluationSession.Decided decided = new EvaluationSession.Decided();
        TrimFailures trimFailures = new TrimFailures(
                "deletion-evaluation", health, metrics.registry(), Ticker.system(), around.trimInterval());
        EvaluationWork work = new EvaluationWork(
                () -> new EvaluationSession(
                        around,
                        clients,
                        new ResultEnds(admin, Ticker.system()),
                        writer,
                        new RecordTrimmer(admin, Ticker.system(), around.trimInterval(), trimFailures),
                        meters,
                        view,
                        WallClock.system(),
                        Ticker.system(),
                        decided),
                health,
                opened,
                fenced);
        OwnerLoop owner = new OwnerLoop(
                        EvaluationWork.NAME,
                        new SessionLoop<>(work, "the topics of evaluations", Ticker.system()),
                        fatal)
                .start();
        stops.push("evaluations", owner::stop);
        EvaluationSamples samples = new EvaluationSamples(
                around, reader(around, clients, "samples"), reader(around, clients, "sample-parts"));
        stops.push("evaluation samples", _ -> samples.close());
        return new Evaluations(around.settings(), view, writer, samples, WallClock.system(), around.brokerTimeout());
    }

    private static PartitionReader reader(Surroundings around, KafkaClients clients, String role) {
        return new PartitionReader(
                new TopicTail(clients.follower(around.topics().run() + ".trainer.evaluations." + role)),
                around.brokerTimeout());
    }
}
