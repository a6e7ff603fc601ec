package io.millrace.trainer.session;

import io.millrace.common.id.StepNumber;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.trainer.journal.KeptSteps;
import io.millrace.trainer.journal.NeededResults;
import io.millrace.trainer.journal.Retention;
import io.millrace.trainer.journal.Snapshots;
import io.millrace.trainer.journal.StepWriter;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.StepHistory;
import io.millrace.trainer.steps.StepLedger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/** What a session puts on record, and how long what stands there is kept. Owned by the session. */
final class SessionJournal {
    private final StepLedger ledger;
    private final Incoming incoming;
    private final ResultsFeed feed;
    private final StepWriter writer;
    private final Snapshots snapshots;
    private final Retention retention;
    private final KeptSteps keptSteps;
    private final PartitionReader reader;
    private final RecordTrimmer trimmer;
    private final NeededResults needed = new NeededResults();

    /** @param reader of what was kept; not owned */
    SessionJournal(
            StepLedger ledger,
            Incoming incoming,
            ResultsFeed feed,
            StepWriter writer,
            Snapshots snapshots,
            Retention retention,
            KeptSteps keptSteps,
            PartitionReader reader,
            RecordTrimmer trimmer) {
        this.ledger = ledger;
        this.incoming = incoming;
        this.feed = feed;
        this.writer = writer;
        this.snapshots = snapshots;
        this.retention = retention;
        this.keptSteps = keptSteps;
        this.reader = reader;
        this.trimmer = trimmer;
        Snapshot snapshot = ledger.lastSnapshot();
        if (snapshot != null) {
            needed.found(snapshot, feed.resultEnds());
        }
        mayDelete();
    }

    /** Makes records durable, in one transaction. */
    void write(List<? extends ControlRecord> records) {
        if (!records.isEmpty()) {
            writer.write(List.copyOf(records));
        }
    }

    /** Makes an acknowledgement durable, with a snapshot when one is due. */
    void write(AckDecision.Acknowledged done) {
        incoming.settled(done.groups());
        writer.write(withSnapshot(done.records()));
        incoming.spans.acknowledged(done.lease());
        retention.keep(done.step(), done.lease().groups());
        mayDelete();
    }

    /** Makes what opens a lineage durable, with a snapshot when one is due. */
    void write(StepRecord.Resume resume, List<ControlRecord> records) {
        writer.write(withSnapshot(records));
        retention.resumed(resume);
    }

    /**
     * Not before all is read again that an earlier process had read: a group that it settled, whose result stands above
     * what this one has read, would be taken for a duplicate by the next.
     */
    private List<ControlRecord> withSnapshot(List<ControlRecord> records) {
        if (!feed.caughtUp()) {
            return records;
        }
        List<ControlRecord> written = snapshots.behind(records, ledger, () -> incoming.snapshot(ledger, feed));
        for (ControlRecord record : written) {
            if (record instanceof Snapshot made) {
                needed.take(made);
            }
        }
        return written;
    }

    /** Deletes what is needed no more, in time. */
    void turn() {
        trimmer.turn();
    }

    /** Asks for the deletion of results that neither a restart, nor a replay, nor an open lease needs. */
    private void mayDelete() {
        retention.forgetBefore(retention.first(ledger.nextStep(), ledger.checkpoint()));
        Map<Integer, TopicPartition> partitions = new HashMap<>();
        feed.partitions().forEach(partition -> partitions.put(partition.partition(), partition));
        needed.deletableBelow(retention.neededFrom(), ledger.openLeases().all()).forEach((number, below) -> {
            TopicPartition partition = partitions.get(number);
            if (partition != null) {
                trimmer.mayDeleteBelow(partition, below);
            }
        });
    }

    /** Why a step cannot be leased before a newer checkpoint is named; empty when it can. */
    Optional<String> noRoomFor(StepNumber step) {
        return retention.refusal(step, ledger.checkpoint());
    }

    /** How many acknowledged steps can be replayed. */
    int keptSteps() {
        return retention.steps();
    }

    /** The recorded steps from a step on, as the run has them now. */
    List<StepHistory.Kept> recordedFrom(StepNumber step) throws Exception {
        return keptSteps.steps(step, ledger.recordedBefore(), ledger.lineage());
    }

    /** The first step from which on every record is still there. */
    StepNumber lowestReplayable(List<StepHistory.Kept> steps, StepNumber before) {
        Map<Integer, Long> begins = new HashMap<>();
        Map<Integer, Long> logEnds = new HashMap<>();
        feed.partitions().forEach(partition -> {
            begins.put(partition.partition(), reader.begin(partition));
            logEnds.put(partition.partition(), reader.end(partition));
        });
        return retention.lowestReplayable(steps, before, begins, logEnds);
    }
}
