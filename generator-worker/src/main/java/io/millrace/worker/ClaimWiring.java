package io.millrace.worker;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.worker.claim.Claimer;
import io.millrace.worker.claim.ClockWatch;
import io.millrace.worker.claim.LaneConsumer;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.inflight.InFlightTable;
import io.millrace.worker.slots.SlotSettings;
import io.millrace.worker.slots.Slots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts what claims groups, and what tells it of a clock that was set.
 *
 * @param begin what becomes of a claimed group
 */
record ClaimWiring(
        WorkerIncarnation worker,
        RunTopics topics,
        KafkaClients clients,
        Metrics metrics,
        Health health,
        Fatal fatal,
        Claimer.Refusals refusals,
        Claimer.Gates gates,
        Slots<HeldAttempt> slots,
        InFlightTable table,
        Consumer<HeldAttempt> begin) {
    private static final Logger log = LoggerFactory.getLogger(ClaimWiring.class);

    /** How long a claimer waits in a turn. */
    private static final Duration TURN = Duration.ofMillis(500);

    /**
     * @param training whether groups to be trained on are claimed, or those of evaluations alone
     * @param stops gets what is started
     */
    void start(SlotSettings settings, boolean training, StopSequence stops) {
        List<Runnable> claimers = new ArrayList<>();
        if (training) {
            claimers.add(start("claim", List.of(Lane.URGENT, Lane.TRAINING), settings, stops)::clockStepped);
        } else {
            log.warn(
                    "this worker takes evaluations only: its engine tells no tokens (--engine), and what has none cannot"
                            + " be trained on");
        }
        if (settings.evaluationSlots() > 0) {
            claimers.add(start("claim-evaluation", List.of(Lane.EVALUATION), settings, stops)::clockStepped);
        }
        OwnerLoop clock = new OwnerLoop(
                        "worker-clock", new ClockWatch(WallClock.system(), Ticker.system(), claimers), fatal)
                .start();
        stops.push("clock", clock::stop);
    }

    private Claimer start(String part, List<Lane> lanes, SlotSettings settings, StopSequence stops) {
        SequencedMap<Lane, LaneConsumer> consumers = new LinkedHashMap<>();
        lanes.forEach(lane -> consumers.put(
                lane, new LaneConsumer(() -> client(lane, settings.prefetch()), gates.statuses(), Ticker.system())));
        Claimer claimer = new Claimer(
                part,
                consumers,
                refusals,
                slots,
                table,
                begin,
                gates,
                TURN,
                WallClock.system(),
                Ticker.system(),
                health,
                metrics.registry());
        OwnerLoop claiming = new OwnerLoop("worker-" + part, claimer, fatal).start();
        stops.push(part, claiming::stop);
        return claimer;
    }

    private LaneConsumer.Client client(Lane lane, int prefetch) {
        ShareConsumer<byte[], byte[]> consumer =
                clients.shareConsumer(worker.workerId() + "-" + lane.word(), topics.shareGroup(lane), prefetch);
        consumer.subscribe(List.of(topics.lane(lane)));
        return new LaneConsumer.Client(consumer, metrics.bind(consumer, lane.word())::close);
    }
}
