package io.millrace.ops.lag;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.StepRecord;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** What the newest records of {@code steps} say. One owner. */
final class StepsRead {
    private static final Duration WINDOW = Duration.ofMinutes(5);

    StepRecord.Totals totals = StepRecord.Totals.NONE;
    Lag.@Nullable Appended<StepRecord.Lease> lease;
    Lag.@Nullable Appended<StepRecord.Acknowledgement> acknowledgement;
    long newestMs;
    /** Groups trained. */
    final Pace trained = new Pace(WINDOW);

    final OldestFinished finished = new OldestFinished();

    static StepsRead of(List<ConsumerRecord<byte[], byte[]>> records) {
        StepsRead read = new StepsRead();
        records.forEach(read::accept);
        return read;
    }

    void accept(ConsumerRecord<byte[], byte[]> record) {
        ControlCodec.ifOurs(record.value(), StepRecord.class).ifPresent(step -> accept(step, record.timestamp()));
    }

    private void accept(StepRecord step, long ms) {
        newestMs = Math.max(newestMs, ms);
        finished.step(step, ms);
        switch (step) {
            case StepRecord.Lease newer -> lease = new Lag.Appended<>(newer, ms);
            case StepRecord.Acknowledgement newer -> {
                acknowledgement = new Lag.Appended<>(newer, ms);
                totals = newer.totals();
                trained.saw("", ms, totals.trained());
            }
            case StepRecord.Discard discard -> totals = discard.totals();
            case StepRecord.Abandonment abandonment -> totals = abandonment.totals();
            case StepRecord.Snapshot snapshot -> totals = snapshot.totals();
            case StepRecord.LeaseVoid _, StepRecord.Resume _ -> lease = null;
            case StepRecord.Rejection _, StepRecord.Missing _, StepRecord.Skip _ -> {}
        }
    }

    /** An acknowledgement carries totals, so older records have nothing to add to them. */
    boolean isComplete() {
        return lease != null && acknowledgement != null;
    }
}
