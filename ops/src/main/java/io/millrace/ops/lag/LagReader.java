package io.millrace.ops.lag;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.cluster.WorkerStatuses;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jspecify.annotations.Nullable;

/** Reads {@link Lag} from the cluster. One owner. */
final class LagReader {
    private final Admin admin;
    private final PartitionReader reader;
    private final RunTopics topics;
    private final Duration limit;

    LagReader(Admin admin, PartitionReader reader, RunTopics topics, Duration limit) {
        this.admin = admin;
        this.reader = reader;
        this.topics = topics;
        this.limit = limit;
    }

    Lag read() throws Exception {
        // Against the flow, so that a group on its way is rather counted twice than not at all.
        Steps steps = steps();
        Lag.Appended<Policy> policy = newest(topics.policy(), record -> appended(record, Policy.class))
                .orElse(null);
        WorkerStatuses statuses = new WorkerStatuses();
        reader.read(only(topics.workers()), 0, statuses::accept);
        Set<Claim> claims = claims(statuses);
        Lag.Lane evaluation = lane(Lane.EVALUATION, claims);
        Lag.Lane urgent = lane(Lane.URGENT, claims);
        Lag.Lane prompts = lane(Lane.TRAINING, claims);
        long published = newest(topics.prompts(), record -> decode(record, TrainingTask.class))
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
    private Lag.Lane lane(Lane lane, Set<Claim> claims) throws Exception {
        String topic = topics.lane(lane);
        Optional<SharePartitionOffsetInfo> offsets = shareOffsets(lane);
        long[] records = {0};
        long from = offsets.map(SharePartitionOffsetInfo::startOffset).orElse(0L);
        reader.read(only(topic), from, record -> {
            boolean claimed = decode(record, TrainingTask.class)
                    .filter(task -> claims.contains(new Claim(lane.kind(), task.groupIndex(), task.attempt())))
                    .isPresent();
            records[0] += claimed ? 0 : 1;
        });
        OptionalLong start =
                offsets.map(info -> OptionalLong.of(info.startOffset())).orElse(OptionalLong.empty());
        OptionalLong lag = offsets.flatMap(SharePartitionOffsetInfo::lag)
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty());
        return new Lag.Lane(topic, start, lag, records[0]);
    }

    /** Empty before the first worker, and until its first acknowledgement has reached the broker. */
    private Optional<SharePartitionOffsetInfo> shareOffsets(Lane lane) throws Exception {
        String group = topics.shareGroup(lane);
        ListShareGroupOffsetsSpec spec =
                new ListShareGroupOffsetsSpec().topicPartitions(List.of(only(topics.lane(lane))));
        try {
            return Optional.ofNullable(admin.listShareGroupOffsets(Map.of(group, spec))
                            .partitionsToOffsetInfo(group)
                            .get(limit.toMillis(), TimeUnit.MILLISECONDS)
                            .get(only(topics.lane(lane))))
                    // Before the first acknowledgement a group has no start offset of its own.
                    .filter(info -> info.startOffset() >= 0);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return Optional.empty();
            }
            throw e;
        }
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
                totals = totalsOf(one.record()).orElse(totals);
                switch (one.record()) {
                    case StepRecord.Lease newer -> lease = new Lag.Appended<>(newer, one.ms());
                    case StepRecord.Acknowledgement newer -> acknowledgement = new Lag.Appended<>(newer, one.ms());
                    case StepRecord.Discard discard -> {}
                    case StepRecord.Abandonment abandonment -> {}
                    case StepRecord.Rejection rejection -> {}
                    case StepRecord.Missing missing -> {}
                    case StepRecord.Skip skip -> {}
                    case StepRecord.LeaseVoid gone -> lease = null;
                    case StepRecord.Resume resume -> lease = null;
                    case StepRecord.Snapshot snapshot -> {}
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
        return decode(record, type).map(decoded -> new Lag.Appended<>(decoded, record.timestamp()));
    }

    private static Optional<StepRecord.Totals> totalsOf(StepRecord step) {
        return switch (step) {
            case StepRecord.Acknowledgement acknowledgement -> Optional.of(acknowledgement.totals());
            case StepRecord.Discard discard -> Optional.of(discard.totals());
            case StepRecord.Abandonment abandonment -> Optional.of(abandonment.totals());
            case StepRecord.Lease lease -> Optional.empty();
            case StepRecord.Rejection rejection -> Optional.empty();
            case StepRecord.Missing missing -> Optional.empty();
            case StepRecord.LeaseVoid gone -> Optional.empty();
            case StepRecord.Skip skip -> Optional.empty();
            case StepRecord.Resume resume -> Optional.empty();
            case StepRecord.Snapshot snapshot -> Optional.of(snapshot.totals());
        };
    }

    /** The newest record of a topic of one partition that the function takes. */
    private <T> Optional<T> newest(String topic, Function<ConsumerRecord<byte[], byte[]>, Optional<T>> function)
            throws Exception {
        List<ConsumerRecord<byte[], byte[]>> records = reader.newest(
                only(topic),
                found ->
                        found.stream().anyMatch(record -> function.apply(record).isPresent()));
        for (ConsumerRecord<byte[], byte[]> record : records.reversed()) {
            Optional<T> taken = function.apply(record);
            if (taken.isPresent()) {
                return taken;
            }
        }
        return Optional.empty();
    }

    /** Empty for a broken record, which {@code peek} shows: a reader must not stop for it. */
    private static <T extends ControlRecord> Optional<T> decode(ConsumerRecord<byte[], byte[]> record, Class<T> type) {
        byte[] value = record.value();
        if (value == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(ControlCodec.decode(value, type));
        } catch (BadRecordException e) {
            return Optional.empty();
        }
    }
}
