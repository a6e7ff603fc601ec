package io.millrace.ops.audit;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.PartKey;
import io.millrace.common.wire.ResultHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a healthy run that goes on at every question asked of it, and between the records of an answer, by moves
 * drawn from a seed: each such move is what one process may do by the protocol.
 */
final class MovingRun implements RunLog {
    private static final int PARTITIONS = 2;
    private static final int BATCH = 2;
    private static final WorkerIncarnation WORKER = new WorkerIncarnation("w", "1");

    /** Where an unsettled group is, as its processes know. */
    private static final class Known {
        long attempt;
        String at = "queued";
        int partition;
        List<Long> offsets = List.of();
        /** Offsets of its records on prompts, urgent and receipts, which the producer keeps until it is settled. */
        final Map<String, Long> kept = new HashMap<>();
    }

    private final RunTopics topics;
    private final WallClock clock;
    private final Random random;
    private final Map<TopicPartition, List<@Nullable ConsumerRecord<byte[], byte[]>>> logs = new HashMap<>();
    private final Map<TopicPartition, Long> begins = new HashMap<>();
    private final Map<String, Long> starts = new HashMap<>();
    /** Partitions of results with an open transaction: where it began. */
    private final Map<TopicPartition, Long> open = new HashMap<>();

    private final Map<Long, Known> groups = new TreeMap<>();
    private final Set<Long> untouchable = new HashSet<>();
    private final SettledIndices settled = new SettledIndices();
    private final Map<Integer, Long> keptStep = new HashMap<>();
    private StepRecord.@Nullable Lease lease;
    private long admitted;
    private long trained;
    private long discarded;
    private long step;
    private long lineage;
    private boolean still;

    MovingRun(RunTopics topics, WallClock clock, long seed) {
        this.topics = topics;
        this.clock = clock;
        this.random = new Random(seed);
    }

    /** From now on it stands still, and no transaction is open. */
    void stop() {
        still = true;
        open.clear();
    }

    /** How many unsettled groups have a result that was not rejected. */
    long finished() {
        return groups.values().stream()
                .filter(group -> group.at.equals("published") || group.at.equals("receipted"))
                .count();
    }

    /** Takes away the records of a group's result for good; the run never uses it. @return empty while there is none */
    Optional<Long> loseAResult() {
        for (Map.Entry<Long, Known> one : groups.entrySet()) {
            Known group = one.getValue();
            if (group.at.equals("receipted") && readable(one.getKey())) {
                for (long offset : group.offsets) {
                    log(topics.results(GroupKind.TRAINING), group.partition).set((int) offset, null);
                }
                untouchable.add(one.getKey());
                return Optional.of(one.getKey());
            }
        }
        return Optional.empty();
    }

    /** Takes away a record that the leased step needs. @return empty while there is none */
    Optional<Long> loseALeasedResult() {
        StepRecord.Lease leased = lease;
        if (leased == null) {
            return Optional.empty();
        }
        StepRecord.ManifestEntry first = leased.groups().getFirst();
        log(topics.results(GroupKind.TRAINING), first.partition())
                .set(first.offsets().getFirst().intValue(), null);
        untouchable.add(first.groupIndex().value());
        return Optional.of(first.groupIndex().value());
    }

    void move(int times) {
        for (int i = 0; i < times && !still; i++) {
            move();
        }
    }

    private void move() {
        switch (random.nextInt(14)) {
            case 0, 1 -> admit();
            case 2 -> claim(topics.lane(Lane.URGENT));
            case 3, 4 -> claim(topics.lane(Lane.TRAINING));
            case 5 -> any("held").ifPresent(this::publish);
            case 6 -> any("published").ifPresent(this::receipt);
            case 7 -> fail();
            case 8 -> any("failed").ifPresent(this::reissue);
            case 9 -> {
                status();
                heartbeat();
            }
            case 10 -> lease();
            case 11 -> train();
            case 12 -> trim();
            default -> odd();
        }
    }

    private void odd() {
        switch (random.nextInt(6)) {
            case 0 -> any("receipted").filter(this::readable).ifPresent(this::reject);
            case 1 -> any("receipted").filter(this::readable).ifPresent(this::discard);
            case 2 -> resume();
            case 3 -> open.clear();
            default -> {
                TopicPartition partition =
                        new TopicPartition(topics.results(GroupKind.TRAINING), random.nextInt(PARTITIONS));
                open.putIfAbsent(partition, (long) log(partition).size());
            }
        }
    }

    private void admit() {
        if (admitted - settled.lowWaterMark() > 12) {
            return;
        }
        Known group = new Known();
        groups.put(admitted, group);
        group.attempt = 1;
        group.kept.put(
                topics.lane(Lane.TRAINING), append(topics.lane(Lane.TRAINING), "" + admitted, task(admitted, 1)));
        marker(topics.lane(Lane.TRAINING));
        admitted++;
    }

    private static TrainingTask task(long index, long attempt) {
        return new TrainingTask(
                new GroupIndex(index),
                new Attempt(attempt),
                1,
                new Lineage(0),
                new WeightVersion(0),
                0,
                new Prompt.Text("?"),
                null,
                Json.object(),
                SamplingParams.defaults(8),
                new TrainingTask.Source("test", 1, 0, index + 1),
                null,
                null,
                null);
    }

    private void claim(String lane) {
        long at = starts.getOrDefault(lane, 0L);
        List<@Nullable ConsumerRecord<byte[], byte[]>> log = log(lane, 0);
        while (at < log.size()) {
            ConsumerRecord<byte[], byte[]> record = log.get((int) at++);
            if (record != null) {
                Known group = groups.get(Long.parseLong(text(record.key())));
                if (group != null && group.at.equals("queued")) {
                    group.at = "held";
                }
                break;
            }
        }
        starts.put(lane, at);
    }

    private void publish(long index) {
        Known group = known(index);
        group.partition = (int) (index % PARTITIONS);
        group.offsets = new ArrayList<>();
        int parts = random.nextInt(3) == 0 ? 2 : 1;
        for (int i = 1; i <= parts; i++) {
            RecordHeaders headers = new RecordHeaders();
            if (parts == 1) {
                ResultHeaders.writeGroup(headers, new Attempt(group.attempt));
            } else {
                PartKey key = new PartKey(new GroupIndex(index), new Attempt(group.attempt), WORKER);
                ResultHeaders.writePart(headers, new Part(key, i, parts, 0, 0, new byte[] {1}));
            }
            group.offsets.add(
                    append(topics.results(GroupKind.TRAINING), group.partition, "" + index, new byte[] {1}, headers));
        }
        group.at = "published";
    }

    private void receipt(long index) {
        Known group = known(index);
        Receipt.Success success = new Receipt.Success(group.partition, group.offsets, new RewardStats(0, 0));
        receipt(index, group, success);
        group.at = "receipted";
    }

    private void fail() {
        any("held").ifPresent(index -> {
            receipt(index, known(index), new Receipt.Failure("deadline", "test"));
            known(index).at = "failed";
        });
    }

    private void receipt(long index, Known group, Receipt.Outcome outcome) {
        Receipt receipt = new Receipt(new GroupIndex(index), new Attempt(group.attempt), WORKER, 1, 1, 1, 1, outcome);
        group.kept.putIfAbsent(
                topics.receipts(GroupKind.TRAINING), append(topics.receipts(GroupKind.TRAINING), "" + index, receipt));
    }

    private void reissue(long index) {
        Known group = known(index);
        group.attempt++;
        group.at = "queued";
        group.kept.putIfAbsent(
                topics.lane(Lane.URGENT), append(topics.lane(Lane.URGENT), "" + index, task(index, group.attempt)));
        marker(topics.lane(Lane.URGENT));
    }

    /** The worker says what it holds. */
    void status() {
        List<WorkersRecord.HeldGroup> held = groups.entrySet().stream()
                .filter(one ->
                        one.getValue().at.equals("held") || one.getValue().at.equals("published"))
                .map(one -> new WorkersRecord.HeldGroup(
                        GroupKind.TRAINING, new GroupIndex(one.getKey()), new Attempt(one.getValue().attempt), 0, 0))
                .toList();
        append(
                topics.workers(),
                WORKER.key(),
                new WorkersRecord.Status(WORKER, 1, WorkersRecord.State.RUNNING, 0, 8, 0, held, List.of(), 0, 0, 0, 0));
    }

    /** The producer's ledger says that it is there. */
    void heartbeat() {
        append(topics.workers(), WorkersRecord.LEDGER_KEY, new WorkersRecord.LedgerHeartbeat("l", 1, 0, null));
    }

    /** The trainer consumer reads no further than the first open transaction. */
    private boolean readable(long index) {
        Known group = known(index);
        long committed = open.getOrDefault(
                new TopicPartition(topics.results(GroupKind.TRAINING), group.partition), Long.MAX_VALUE);
        return !untouchable.contains(index) && group.offsets.getLast() < committed && !leased(index);
    }

    private boolean leased(long index) {
        return lease != null
                && lease.groups().stream().anyMatch(entry -> entry.groupIndex().value() == index);
    }

    private void lease() {
        // It needs no receipt to find a result.
        List<Long> ready = groups.keySet().stream()
                .filter(index ->
                        known(index).at.equals("published") || known(index).at.equals("receipted"))
                .filter(this::readable)
                .limit(BATCH)
                .toList();
        if (lease != null || ready.size() < BATCH) {
            return;
        }
        lease = new StepRecord.Lease(
                new Lineage(lineage),
                new StepNumber(step),
                LeaseId.draw(random),
                new WeightVersion(step),
                0,
                ready.stream()
                        .map(index -> new StepRecord.ManifestEntry(
                                new GroupIndex(index),
                                new Attempt(known(index).attempt),
                                new WeightVersion(0),
                                known(index).partition,
                                known(index).offsets))
                        .toList());
        step(lease);
    }

    private void train() {
        StepRecord.Lease leased = lease;
        if (leased == null
                || leased.groups().stream()
                        .anyMatch(
                                entry -> untouchable.contains(entry.groupIndex().value()))) {
            return;
        }
        keptStep.clear();
        for (StepRecord.ManifestEntry entry : leased.groups()) {
            keptStep.merge(entry.partition(), entry.offsets().getFirst(), Math::min);
            settle(entry.groupIndex().value());
            trained++;
        }
        lease = null;
        step++;
        step(new StepRecord.Acknowledgement(
                leased.lineage(), leased.step(), leased.leaseId(), new WeightVersion(step), 0, totals(), null));
        if (random.nextInt(4) == 0) {
            step(new StepRecord.Snapshot(
                    new Lineage(lineage),
                    new StepNumber(step),
                    0,
                    null,
                    totals(),
                    Policy.initial(),
                    settled.ranges(),
                    List.of(),
                    List.of(),
                    List.of(),
                    0,
                    List.of(),
                    0,
                    0,
                    0));
        }
        marker(topics.steps());
    }

    private void discard(long index) {
        settle(index);
        discarded++;
        step(new StepRecord.Discard(new GroupIndex(index), new Attempt(1), "stale", totals()));
    }

    private void reject(long index) {
        Known group = known(index);
        step(new StepRecord.Rejection(
                new GroupIndex(index), new Attempt(group.attempt), group.partition, group.offsets.getLast(), "test"));
        group.at = "failed";
        group.offsets = List.of();
    }

    private void resume() {
        if (!untouchable.isEmpty()) {
            return;
        }
        lease = null;
        lineage++;
        StepNumber next = new StepNumber(step);
        step(new StepRecord.Resume(new Lineage(lineage), next, new WeightVersion(step), next, trained, 0, 0, false));
    }

    private StepRecord.Totals totals() {
        return new StepRecord.Totals(trained, discarded, 0, settled.lowWaterMark());
    }

    private void settle(long index) {
        settled.add(new GroupIndex(index));
        groups.remove(index);
    }

    private void trim() {
        for (String topic :
                List.of(topics.lane(Lane.TRAINING), topics.lane(Lane.URGENT), topics.receipts(GroupKind.TRAINING))) {
            long needed = groups.values().stream()
                    .mapToLong(group -> group.kept.getOrDefault(topic, Long.MAX_VALUE))
                    .min()
                    .orElse(Long.MAX_VALUE);
            List<@Nullable ConsumerRecord<byte[], byte[]>> log = log(topic, 0);
            // The last task is never deleted.
            trim(topic, 0, Math.min(needed, log.size() - 2));
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            int of = partition;
            long needed = groups.values().stream()
                    .filter(group -> group.partition == of && !group.offsets.isEmpty())
                    .mapToLong(group -> group.offsets.getFirst())
                    .min()
                    .orElse(log(topics.results(GroupKind.TRAINING), of).size());
            trim(topics.results(GroupKind.TRAINING), of, Math.min(needed, keptStep.getOrDefault(of, needed)));
        }
    }

    private void trim(String topic, int partition, long below) {
        begins.merge(new TopicPartition(topic, partition), Math.max(0, below), Math::max);
    }

    private Optional<Long> any(String at) {
        List<Long> there = groups.keySet().stream()
                .filter(index -> known(index).at.equals(at) && !untouchable.contains(index) && !leased(index))
                .toList();
        return there.isEmpty() ? Optional.empty() : Optional.of(there.get(random.nextInt(there.size())));
    }

    private Known known(long index) {
        Known group = groups.get(index);
        if (group == null) {
            throw new IllegalStateException("group " + index + " is settled");
        }
        return group;
    }

    private void step(StepRecord record) {
        append(topics.steps(), "step", record);
    }

    private long append(String topic, String key, ControlRecord record) {
        return append(topic, 0, key, ControlCodec.encode(record), new RecordHeaders());
    }

    private long append(String topic, int partition, String key, byte[] value, RecordHeaders headers) {
        List<@Nullable ConsumerRecord<byte[], byte[]>> log = log(topic, partition);
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        log.add(new ConsumerRecord<>(
                topic,
                partition,
                log.size(),
                clock.millis(),
                TimestampType.LOG_APPEND_TIME,
                keyBytes.length,
                value.length,
                keyBytes,
                value,
                headers,
                Optional.empty()));
        return log.size() - 1L;
    }

    /** The end of a transaction takes an offset and is no record. */
    private void marker(String topic) {
        log(topic, 0).add(null);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private List<@Nullable ConsumerRecord<byte[], byte[]>> log(String topic, int partition) {
        return log(new TopicPartition(topic, partition));
    }

    private List<@Nullable ConsumerRecord<byte[], byte[]>> log(TopicPartition partition) {
        return logs.computeIfAbsent(partition, first -> new ArrayList<>());
    }

    private void others() {
        move(random.nextInt(8));
    }

    @Override
    public List<TopicPartition> partitions(String topic) {
        return IntStream.range(0, topic.equals(topics.results(GroupKind.TRAINING)) ? PARTITIONS : 1)
                .mapToObj(number -> new TopicPartition(topic, number))
                .toList();
    }

    @Override
    public End end(TopicPartition partition) {
        others();
        long written = log(partition).size();
        return new End(open.getOrDefault(partition, written), written);
    }

    @Override
    public long begin(TopicPartition partition) {
        others();
        return begins.getOrDefault(partition, 0L);
    }

    @Override
    public void read(TopicPartition partition, long from, long to, Consumer<ConsumerRecord<byte[], byte[]>> handler) {
        for (long at = from; ; at++) {
            if (random.nextInt(4) == 0) {
                others();
            }
            at = Math.max(at, begins.getOrDefault(partition, 0L));
            if (at >= to) {
                return;
            }
            ConsumerRecord<byte[], byte[]> record = log(partition).get((int) at);
            if (record != null) {
                handler.accept(record);
            }
        }
    }

    @Override
    public Optional<Long> queueStart(Lane lane) {
        others();
        return Optional.ofNullable(starts.get(topics.lane(lane)));
    }
}
