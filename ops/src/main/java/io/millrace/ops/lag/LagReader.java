package io.millrace.ops.lag;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.cluster.RunClients;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link Lag} from the cluster: all topics at once, each up to where it ended at one moment, so that an answer takes
 * a handful of requests however many topics there are. One owner.
 */
final class LagReader {
    /** How much of a topic's end is read at first, offsets. */
    private static final long WINDOW_OFFSETS = 512;

    private static final long NEWEST_TASK_OFFSETS = 64;

    /** Those of settled groups are trimmed, so more stand there only where they are not. */
    private static final long RECEIPTS_OFFSETS_MAX = 20_000;

    private final RunTopics topics;
    private final PartitionReader reader;
    private final RunClients run;

    /** @param run not owned */
    LagReader(RunClients run) {
        this.topics = run.topics();
        this.reader = run.reader();
        this.run = run;
    }

    private static TopicPartition only(String topic) {
        return new TopicPartition(topic, 0);
    }

    private TopicPartition only(Lane lane) {
        return only(topics.lane(lane));
    }

    /** Where topics begin and end. */
    private record Ends(Map<TopicPartition, Long> begins, Map<TopicPartition, Long> ends) {
        long begin(TopicPartition partition) {
            return begins.getOrDefault(partition, 0L);
        }

        long end(TopicPartition partition) {
            return ends.getOrDefault(partition, 0L);
        }

        /** Where its last so many offsets begin. */
        long last(TopicPartition partition, long offsets) {
            return Math.max(begin(partition), end(partition) - offsets);
        }
    }

    Lag read() throws Exception {
        List<TopicPartition> lanes =
                Arrays.stream(Lane.values()).map(this::only).toList();
        // Before what is claimed is asked: what is published from then on is not in the broker's lag.
        Map<TopicPartition, Long> laneEnds = reader.ends(lanes);
        Map<Lane, LaneCount> counts = new EnumMap<>(Lane.class);
        Map<Lane, Optional<SharePartitionOffsetInfo>> claimed = run.claimed();
        for (Lane lane : Lane.values()) {
            counts.put(
                    lane,
                    new LaneCount(
                            topics.lane(lane),
                            claimed.getOrDefault(lane, Optional.empty()),
                            laneEnds.getOrDefault(only(lane), 0L)));
        }
        TopicPartition steps = only(topics.steps());
        TopicPartition workers = only(topics.workers());
        TopicPartition receipts = only(topics.receipts(GroupKind.TRAINING));
        TopicPartition policy = only(topics.policy());
        List<TopicPartition> all = new ArrayList<>(lanes);
        all.addAll(List.of(steps, workers, receipts, policy));
        Ends ends = new Ends(reader.begins(all), reader.ends(all));
        Map<TopicPartition, Long> from = new HashMap<>(ends.begins());
        counts.forEach((lane, count) -> from.put(only(lane), laneFrom(lane, count, ends)));
        from.put(steps, ends.last(steps, WINDOW_OFFSETS));
        from.put(workers, ends.last(workers, WINDOW_OFFSETS));
        from.put(receipts, ends.last(receipts, RECEIPTS_OFFSETS_MAX));

        Found found = new Found(counts);
        reader.read(from, ends.ends(), record -> accept(found, record));
        if (!found.steps.isComplete() && from.getOrDefault(steps, 0L) > ends.begin(steps)) {
            found.steps = StepsRead.of(
                    reader.newest(steps, records -> StepsRead.of(records).isComplete()));
        }
        if (!found.workers.isEnough() && from.getOrDefault(workers, 0L) > ends.begin(workers)) {
            found.workers = reader.backward(
                    workers, 4 * WINDOW_OFFSETS, WorkersRead::new, WorkersRead::accept, WorkersRead::isEnough);
        }
        return lag(found, published(found), from.getOrDefault(steps, 0L) == ends.begin(steps));
    }

    /** A group's start may lie above the end of a lane that has lost its tail; the newest task says how many were published. */
    private long laneFrom(Lane lane, LaneCount count, Ends ends) {
        TopicPartition partition = only(lane);
        long from = Math.max(ends.begin(partition), Math.min(count.start(), ends.end(partition)));
        return lane == Lane.TRAINING ? Math.min(from, ends.last(partition, NEWEST_TASK_OFFSETS)) : from;
    }

    /** What one reading finds. */
    private static final class Found {
        private final Map<Lane, LaneCount> lanes;
        private final Map<GroupIndex, Long> finishedMs = new HashMap<>();
        private WorkersRead workers = new WorkersRead();
        private StepsRead steps = new StepsRead();
        private Lag.@Nullable Appended<Policy> policy;

        Found(Map<Lane, LaneCount> lanes) {
            this.lanes = lanes;
        }

        LaneCount lane(Lane lane) {
            return Objects.requireNonNull(lanes.get(lane));
        }
    }

    private void accept(Found found, ConsumerRecord<byte[], byte[]> record) {
        String topic = record.topic();
        if (topic.equals(topics.steps())) {
            found.steps.accept(record);
        } else if (topic.equals(topics.workers())) {
            found.workers.accept(record);
        } else if (topic.equals(topics.policy())) {
            ControlCodec.ifOurs(record.value(), Policy.class)
                    .ifPresent(newer -> found.policy = new Lag.Appended<>(newer, record.timestamp()));
        } else if (topic.equals(topics.receipts(GroupKind.TRAINING))) {
            ControlCodec.ifOurs(record.value(), Receipt.class)
                    .filter(receipt -> receipt.outcome() instanceof Receipt.Success)
                    .ifPresent(receipt -> found.finishedMs.putIfAbsent(receipt.groupIndex(), record.timestamp()));
        } else {
            found.lanes.values().stream()
                    .filter(lane -> lane.topic().equals(topic))
                    .forEach(lane -> lane.accept(record));
        }
    }

    private long published(Found found) throws Exception {
        long published = found.lane(Lane.TRAINING).published();
        if (published > 0) {
            return published;
        }
        return reader
                .newest(
                        only(Lane.TRAINING),
                        records -> records.stream()
                                .anyMatch(record -> LaneCount.group(record).isPresent()))
                .reversed()
                .stream()
                .map(LaneCount::group)
                .flatMapToLong(OptionalLong::stream)
                .map(group -> group + 1)
                .findFirst()
                .orElse(0);
    }

    private record Claim(GroupKind kind, GroupIndex groupIndex, Attempt attempt) {}

    private Lag lag(Found found, long published, boolean allSteps) {
        WorkersRead workers = found.workers;
        StepsRead steps = found.steps;
        Set<Claim> claims = workers.statuses.live().stream()
                .flatMap(seen -> seen.status().groups().stream())
                .map(group -> new Claim(group.kind(), group.groupIndex(), group.attempt()))
                .collect(Collectors.toSet());
        long policyMs = found.policy == null ? 0 : found.policy.ms();
        long nowMs = LongStream.of(workers.statuses.newestMs().orElse(0), steps.newestMs, policyMs)
                .max()
                .orElseThrow();
        OptionalLong finishedMs = steps.finished.sinceMs(found.finishedMs, allSteps);
        return new Lag(
                topics.run(),
                queue(found, Lane.TRAINING, claims),
                queue(found, Lane.URGENT, claims),
                queue(found, Lane.EVALUATION, claims),
                published,
                steps.totals,
                workers.statuses.live(),
                workers.statuses.held().size(),
                steps.lease,
                steps.acknowledgement,
                found.policy,
                new Flow(
                        workers.generated.perSecond(nowMs),
                        steps.trained.perSecond(nowMs),
                        finishedMs.isEmpty() ? null : Math.max(0, nowMs - finishedMs.getAsLong()),
                        workers.statuses.workersWanted().orElse(null)),
                nowMs);
    }

    private static Lag.Queue queue(Found found, Lane lane, Set<Claim> claims) {
        return found.lane(lane).queue(task -> claims.contains(claim(lane, task)));
    }

    private static Claim claim(Lane lane, TrainingTask task) {
        return new Claim(lane.kind(), task.groupIndex(), task.attempt());
    }
}
