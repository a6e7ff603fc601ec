package io.millrace.ops.lag;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.cluster.RunClients;
import io.millrace.ops.cluster.WorkerStatuses;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Reads {@link Lag} from the cluster. One owner. */
final class LagReader {
    private final RunTopics topics;
    private final PartitionReader reader;
    private final RunClients run;

    /** @param run not owned */
    LagReader(RunClients run) {
        this.topics = run.topics();
        this.reader = run.reader();
        this.run = run;
    }

    Lag read() throws Exception {
        // Against the flow, so that a group on its way is rather counted twice than not at all.
        Steps steps = steps();
        Lag.Appended<Policy> policy = newest(topics.policy(), record -> appended(record, Policy.class))
                .orElse(null);
        WorkerStatuses statuses = new WorkerStatuses();
        reader.read(only(topics.workers()), 0, statuses::accept);
        Set<Claim> claims = claims(statuses);
        Lag.Queue evaluation = queue(Lane.EVALUATION, claims);
        Lag.Queue urgent = queue(Lane.URGENT, claims);
        Lag.Queue prompts = queue(Lane.TRAINING, claims);
        long published = newest(
                        topics.lane(Lane.TRAINING), record -> ControlCodec.ifOurs(record.value(), TrainingTask.class))
                .map(task -> task.groupIndex().value() + 1)
                .orElse(0L);
        long nowMs = LongStream.of(statuses.newestMs().orElse(0), steps.newestMs(), policy == null ? 0 : policy.ms())
                .max()
                .orElseThrow();
        return new Lag(
                topics.run(),
                prompts,
                urgent,
                evaluation,
                published,
                steps.totals(),
                statuses.live(),
                statuses.held().size(),
                steps.lease(),
                steps.acknowledgement(),
                policy,
                nowMs);
    }

    private static TopicPartition only(String topic) {
        return new TopicPartition(topic, 0);
    }

    private record Claim(GroupKind kind, GroupIndex groupIndex, Attempt attempt) {}

    private static Set<Claim> claims(WorkerStatuses statuses) {
        return statuses.live().stream()
                .flatMap(seen -> seen.status().groups().stream())
                .map(group -> new Claim(group.kind(), group.groupIndex(), group.attempt()))
                .collect(Collectors.toSet());
    }

    /** @param claims what workers hold: the start offset moves a little after the acknowledgement */
    private Lag.Queue queue(Lane lane, Set<Claim> claims) throws Exception {
        String topic = topics.lane(lane);
        Optional<SharePartitionOffsetInfo> claimed = run.claimed(lane);
        long[] records = {0};
        long from = claimed.map(SharePartitionOffsetInfo::startOffset).orElse(0L);
        reader.read(only(topic), from, record -> {
            boolean held = ControlCodec.ifOurs(record.value(), TrainingTask.class)
                    .filter(task -> claims.contains(new Claim(lane.kind(), task.groupIndex(), task.attempt())))
                    .isPresent();
            records[0] += held ? 0 : 1;
        });
        return new Lag.Queue(topic, claimed.flatMap(SharePartitionOffsetInfo::lag), records[0]);
    }

    private record Steps(
            StepRecord.Totals totals,
            Lag.@Nullable Appended<StepRecord.Lease> lease,
            Lag.@Nullable Appended<StepRecord.Acknowledgement> acknowledgement,
            long newestMs) {
        /** What the newest records of each kind say. */
        static Steps of(List<Lag.Appended<StepRecord>> records) {
            StepRecord.Totals totals = StepRecord.Totals.NONE;
            Lag.Appended<StepRecord.Lease> lease = null;
            Lag.Appended<StepRecord.Acknowledgement> acknowledgement = null;
            long newestMs = 0;
            for (Lag.Appended<StepRecord> one : records) {
                newestMs = Math.max(newestMs, one.ms());
                switch (one.record()) {
                    case StepRecord.Lease newer -> lease = new Lag.Appended<>(newer, one.ms());
                    case StepRecord.Acknowledgement newer -> {
                        acknowledgement = new Lag.Appended<>(newer, one.ms());
                        totals = newer.totals();
                    }
                    case StepRecord.Discard discard -> totals = discard.totals();
                    case StepRecord.Abandonment abandonment -> totals = abandonment.totals();
                    case StepRecord.Snapshot snapshot -> totals = snapshot.totals();
                    case StepRecord.LeaseVoid _, StepRecord.Resume _ -> lease = null;
                    case StepRecord.Rejection _, StepRecord.Missing _, StepRecord.Skip _ -> {}
                }
            }
            return new Steps(totals, lease, acknowledgement, newestMs);
        }

        /** An acknowledgement carries totals, so older records have nothing to add. */
        boolean complete() {
            return lease != null && acknowledgement != null;
        }
    }

    private Steps steps() throws Exception {
        return Steps.of(decoded(reader.newest(
                only(topics.steps()), found -> Steps.of(decoded(found)).complete())));
    }

    private static List<Lag.Appended<StepRecord>> decoded(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .flatMap(record -> appended(record, StepRecord.class).stream())
                .toList();
    }

    private static <T extends ControlRecord> Optional<Lag.Appended<T>> appended(
            ConsumerRecord<byte[], byte[]> record, Class<T> type) {
        return ControlCodec.ifOurs(record.value(), type)
                .map(decoded -> new Lag.Appended<>(decoded, record.timestamp()));
    }

    /** The newest record of a topic of one partition that the function takes. */
    private <T> Optional<T> newest(String topic, Function<ConsumerRecord<byte[], byte[]>, Optional<T>> function)
            throws Exception {
        return reader
                .newest(
                        only(topic),
                        found -> found.stream()
                                .anyMatch(record -> function.apply(record).isPresent()))
                .reversed()
                .stream()
                .flatMap(record -> function.apply(record).stream())
                .findFirst();
    }
}
