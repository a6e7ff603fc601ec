package io.millrace.producer.session;

import io.millrace.common.batch.RunAgreement;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.session.Tenure;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunRecords;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.publish.PromptLog;
import io.millrace.producer.publish.PublishedTask;
import io.millrace.producer.publish.RunPublisher;
import io.millrace.producer.source.ResumeCheck;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.stream.Evaluations;
import io.millrace.producer.stream.GroupStream;
import io.millrace.producer.stream.Training;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a session takes the run; used once, by the session's thread. */
record TakeOver(
        ProducerSession.Plan plan,
        ProducerSession.Edges edges,
        Training training,
        Evaluations evaluations,
        LedgerFeed feed,
        UnreadableRecords unreadable,
        ProducerSession.Surroundings around) {
    private static final Logger log = LoggerFactory.getLogger(TakeOver.class);

    /** Enough to hold the newest heartbeat of a producer that lives, however many workers write between two. */
    private static final long WORKERS_LOOKBACK_OFFSETS = 10_000;

    /**
     * Takes the run over and learns where it stands, from the topics alone:
     *
     * <ol>
     *   <li>checks the data set against the last task and its settings against the run record, so that a mistaken start
     *       leaves a running producer alone;
     *   <li>reads who has the run, ends if that is somebody newer, and says on {@code workers} that it takes it;
     *   <li>fences older producers, so that what is read from here on is final; then aborts their transactions that hang
     *       on the topics where nobody else writes in transactions, which would end every committed read there, and
     *       counts the prompts lanes that have lost what their share groups have claimed;
     *   <li>checks its settings against the run record again, which an older producer may have written meanwhile, and
     *       writes its own where none stands or another one does, before anything is published under it;
     *   <li>reads the newest dead letters, then {@code steps} from its last snapshot, {@code policy} and {@code evals}:
     *       what was skipped, settled and closed;
     *   <li>reads the last task again, {@code prompts} from the lowest unsettled group, and the other prompts lanes;
     *   <li>reads both topics of receipts and the newest of {@code workers} to the end, and goes on following all six.
     * </ol>
     *
     * @return the identity under which the run is held
     * @throws SettingException when the run was begun with other prompts
     * @throws FencedException when a newer producer has the run
     */
    Tenure run() throws Exception {
        PartitionReader reader = new PartitionReader(edges.tail(), plan.brokerLimit());
        checkRun(RunRecords.newest(reader, plan.topics()));
        var _ = nextIndex(prompts().last());
        TopicPartition workers = new TopicPartition(plan.topics().workers(), 0);
        long workersFrom = Math.max(reader.begin(workers), reader.end(workers) - WORKERS_LOOKBACK_OFFSETS);
        reader.read(workers, workersFrom, feed::lookForProducer);
        Tenure own = around.tenure().above(feed.highest(), around.clock().millis());
        feed.own(own);
        edges.heart().claim(own, plan.brokerLimit());
        edges.publisher().open();
        edges.open().abort(ownPartitions(reader));
        around.metrics()
                .count(ProducerMetrics.Count.TRUNCATED, around.lostClaims().lanes(reader));
        agree(RunRecords.newest(reader, plan.topics()));
        unreadable.readLetters(reader, plan.topics().deadLetters());
        Map<TopicPartition, Long> positions = readSettlements(reader);
        readTasks(reader);
        for (GroupKind kind : GroupKind.values()) {
            TopicPartition receipts = new TopicPartition(plan.topics().receipts(kind), 0);
            positions.put(receipts, reader.begin(receipts));
        }
        positions.put(workers, workersFrom);
        edges.tail().followFrom(positions);
        edges.tail().readToEnd(feed::accept, plan.brokerLimit());
        return own;
    }

    private void checkRun(Optional<RunRecord> stands) {
        stands.flatMap(run -> RunAgreement.refusesProducer(run, plan.run())).ifPresent(refusal -> {
            throw new SettingException(refusal);
        });
    }

    /** Writes down what the run's processes must share, before anything is published under it. */
    private void agree(Optional<RunRecord> stands) {
        checkRun(stands);
        if (stands.isPresent() && stands.get().equals(plan.run())) {
            return;
        }
        edges.publisher().publish(List.of(new RunPublisher.Item.Run(plan.run())));
        stands.ifPresent(run -> log.warn(
                "run {} goes on with other settings than before: {}; its trainer consumer has to have the same",
                plan.topics().run(),
                String.join(", ", RunAgreement.changes(run, plan.run()))));
    }

    /** Where nobody else writes in transactions. */
    private List<TopicPartition> ownPartitions(PartitionReader reader) {
        RunTopics topics = plan.topics();
        List<String> own = new ArrayList<>(List.of(topics.runRecord(), topics.evals()));
        for (GroupKind kind : GroupKind.values()) {
            Lane.of(kind).forEach(lane -> own.add(topics.lane(lane)));
            own.add(topics.results(kind));
            own.add(topics.receipts(kind));
        }
        return own.stream().flatMap(topic -> reader.partitions(topic).stream()).toList();
    }

    /** Returns from where each is to be followed. */
    private Map<TopicPartition, Long> readSettlements(PartitionReader reader) throws Exception {
        TopicPartition steps = new TopicPartition(plan.topics().steps(), 0);
        TopicPartition policy = new TopicPartition(plan.topics().policy(), 0);
        long from = reader.lastOffset(steps, TakeOver::isSnapshot).orElse(reader.begin(steps));
        TopicTail tail = edges.tail();
        TopicPartition evals = new TopicPartition(plan.topics().evals(), 0);
        tail.followFrom(Map.of(steps, from, policy, reader.begin(policy), evals, reader.begin(evals)));
        tail.readToEnd(feed::accept, plan.brokerLimit());
        Map<TopicPartition, Long> positions = new HashMap<>();
        for (TopicPartition partition : List.of(steps, policy, evals)) {
            positions.put(partition, tail.consumer().position(partition, plan.brokerLimit()));
        }
        return positions;
    }

    private static boolean isSnapshot(ConsumerRecord<byte[], byte[]> record) {
        return Arrays.equals(record.key(), KafkaClients.key(StepRecord.Snapshot.KEY))
                && ControlCodec.ifOurs(record.value(), StepRecord.class).orElse(null) instanceof StepRecord.Snapshot;
    }

    private PromptLog prompts() {
        return training.stream().tasks(Lane.TRAINING);
    }

    private void readTasks(PartitionReader reader) throws Exception {
        // Before they are read: what is lost from then on is noticed by whatever takes its place.
        for (Lane lane : Lane.values()) {
            TopicPartition partition = new TopicPartition(plan.topics().lane(lane), 0);
            edges.publisher().wasReadTo(partition, reader.end(partition));
        }
        PublishedTask last = prompts().last();
        training.goOnAt(nextIndex(last), last == null ? 0 : last.offset());
        GroupStream stream = training.stream();
        prompts()
                .from(
                        new GroupIndex(stream.ledger().counts().lowWaterMark()),
                        task -> stream.stands(Lane.TRAINING, task));
        stream.tasks(Lane.URGENT).all(task -> stream.stands(Lane.URGENT, task));
        evaluations.readTasks();
    }

    private long nextIndex(@Nullable PublishedTask last) {
        return ResumeCheck.next(
                        last == null ? null : last.task(),
                        plan.dataSet(),
                        plan.order(),
                        plan.tasks().samplesPerGroup())
                .value();
    }
}
