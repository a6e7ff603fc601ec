package io.millrace.trainer.session;

import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.journal.NeededResults;
import io.millrace.trainer.journal.Snapshots;
import io.millrace.trainer.results.ResultParser;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** Puts a snapshot behind records when one is due, with what a restart must read again. Owned by the loop. */
final class SnapshotMaker {
    private final Snapshots snapshots;
    private final StepLedger ledger;
    private final Collector collector;
    private final ResultParser parser;
    private final Claims claims;
    private final ResultsFeed feed;
    private final TopicPartition receipts;
    private final NeededResults needed;

    SnapshotMaker(
            Snapshots snapshots,
            StepLedger ledger,
            Collector collector,
            ResultParser parser,
            Claims claims,
            ResultsFeed feed,
            TopicPartition receipts,
            NeededResults needed) {
        this.snapshots = snapshots;
        this.ledger = ledger;
        this.collector = collector;
        this.parser = parser;
        this.claims = claims;
        this.feed = feed;
        this.receipts = receipts;
        this.needed = needed;
    }

    /**
     * Not before all is read again that an earlier process had read: a group that it settled, whose result stands above
     * what this one has read, would be taken for a duplicate by the next.
     */
    List<ControlRecord> behind(List<ControlRecord> records) {
        if (!feed.caughtUp()) {
            return records;
        }
        List<ControlRecord> written = snapshots.behind(
                records,
                ledger,
                () -> ledger.snapshot(reads(), claims.receiptsFrom(feed.position(receipts)), collector.duplicates()));
        if (written.getLast() instanceof Snapshot made) {
            needed.take(made);
        }
        return written;
    }

    private List<Snapshot.ResultsRead> reads() {
        Map<Integer, Long> finished = collector.neededFrom();
        Map<Integer, Long> parts = parser.neededFrom();
        List<Snapshot.ResultsRead> reads = new ArrayList<>();
        for (TopicPartition partition : feed.partitions()) {
            int number = partition.partition();
            long to = feed.position(partition);
            long from = Math.min(to, Math.min(finished.getOrDefault(number, to), parts.getOrDefault(number, to)));
            reads.add(new Snapshot.ResultsRead(number, from, to));
        }
        return reads;
    }
}
