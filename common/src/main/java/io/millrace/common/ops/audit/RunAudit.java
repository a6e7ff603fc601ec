package io.millrace.common.ops.audit;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.ops.WorkerStatuses;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.ResultHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/*
 * The topics are read one after the other while the run may go on. They are read in the direction in which groups move:
 * what is queued first, then what workers hold, then receipts, results, and at last what has been settled meanwhile. A
 * group that moves on is then met further down. Only a reissue moves a group back; so one that is met nowhere is looked
 * for once more, after the grace period, before it counts as lost.
 */

/** Accounts for every admitted group of a run. One owner, one use. */
final class RunAudit {
    /** Which offset of a lane the next claim begins at; empty when nobody has claimed yet. */
    @FunctionalInterface
    interface QueueStart {
        Optional<Long> of(String lane) throws Exception;
    }

    private final RunTopics topics;
    private final PartitionReader reader;
    private final QueueStart queueStart;
    private final WallClock clock;
    private final Duration grace;
    private final @Nullable Long watch;

    private final StepAccount account;
    private final Map<String, Long> badRecords = new TreeMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> watched = new ArrayList<>();
    private final Map<Long, GroupEvidence> evidence = new TreeMap<>();
    private long stepsRead;
    private long admitted;
    private long deadLetters;
    private boolean producerAlive;

    /** @param grace how long after its last heartbeat the producer counts as alive, and between two looks */
    RunAudit(
            RunTopics topics,
            PartitionReader reader,
            QueueStart queueStart,
            WallClock clock,
            Duration grace,
            @Nullable Long watch) {
        this.topics = topics;
        this.reader = reader;
        this.queueStart = queueStart;
        this.clock = clock;
        this.grace = grace;
        this.watch = watch;
        this.account = new StepAccount(watch);
    }

    /** Reads the run; takes the grace period longer when groups have to be looked for again. */
    AuditReport run() throws Exception {
        look();
        if (producerAlive && evidence.values().stream().anyMatch(found -> found.place() == Place.NOWHERE)) {
            // What is waited for is the ledger's next turn, of which no topic tells.
            Thread.sleep(grace);
            look();
        }
        leaseStands();
        Map<Place, Long> unsettled = new EnumMap<>(Place.class);
        evidence.forEach((index, found) -> {
            unsettled.merge(found.place(), 1L, Long::sum);
            judge(index, found);
        });
        StepRecord.Lease open = account.openLease();
        List<Finding> all = new ArrayList<>(account.findings());
        all.addAll(findings);
        List<String> group = new ArrayList<>(watched);
        group.addAll(account.watched());
        return new AuditReport(
                topics.run().value(),
                producerAlive,
                admitted,
                account.count(StepAccount.End.TRAINED),
                account.count(StepAccount.End.DISCARDED),
                account.count(StepAccount.End.ABANDONED),
                account.discardReasons(),
                unsettled,
                open == null
                        ? 0
                        : open.groups().stream()
                                .filter(entry ->
                                        !account.isSettled(entry.groupIndex().value()))
                                .count(),
                account.lineage(),
                account.nextStep(),
                account.stepsByLineage(),
                account.rejections(),
                badRecords,
                deadLetters,
                all.subList(0, Math.min(all.size(), StepAccount.FINDINGS_MAX)),
                account.findingsCount() + findings.size(),
                group);
    }

    private void look() throws Exception {
        evidence.clear();
        findings.clear();
        watched.clear();
        badRecords.keySet().removeIf(topic -> !topic.equals(topics.steps()));
        steps();
        prompts();
        urgent();
        workers();
        receipts();
        results();
        deadLetters = 0;
        reader.read(only(topics.deadLetters()), 0, record -> deadLetters++);
        steps();
        evidence.keySet().removeIf(account::isSettled);
    }

    private static TopicPartition only(String topic) {
        return new TopicPartition(topic, 0);
    }

    /** From where the last reading ended. */
    private void steps() throws Exception {
        reader.read(only(topics.steps()), stepsRead, record -> {
            decoded(record, StepRecord.class).ifPresent(account::accept);
            stepsRead = record.offset() + 1;
        });
    }

    private void prompts() throws Exception {
        long start = queueStart.of(topics.prompts()).orElse(0L);
        long[] previous = {-1};
        reader.read(only(topics.prompts()), 0, record -> {
            Optional<TrainingTask> read = decoded(record, TrainingTask.class);
            if (read.isEmpty()) {
                return;
            }
            long index = read.get().groupIndex().value();
            if (previous[0] >= 0 && index != previous[0] + 1) {
                findings.add(new Finding(
                        index <= previous[0] ? Finding.Kind.DOUBLED : Finding.Kind.HOLE,
                        index,
                        "prompts offset " + record.offset() + ": group " + index + " follows group " + previous[0]));
            }
            previous[0] = Math.max(previous[0], index);
            task(record, read.get(), start);
        });
        admitted = previous[0] + 1;
        // Groups whose prompt is trimmed must be settled, or be found further down.
        for (long index = account.lowWaterMark(); index < admitted; index++) {
            if (!account.isSettled(index)) {
                evidence.computeIfAbsent(index, missing -> new GroupEvidence());
            }
        }
    }

    private void urgent() throws Exception {
        long start = queueStart.of(topics.urgent()).orElse(0L);
        reader.read(
                only(topics.urgent()),
                0,
                record -> decoded(record, TrainingTask.class).ifPresent(task -> task(record, task, start)));
    }

    private void task(ConsumerRecord<byte[], byte[]> record, TrainingTask task, long start) {
        boolean queued = record.offset() >= start;
        watch(
                task.groupIndex().value(),
                record,
                "attempt " + task.attempt() + " issued at version " + task.issueVersion()
                        + (queued ? ", not yet claimed" : ""));
        unsettled(task.groupIndex().value())
                .ifPresent(found -> found.task(task.attempt().value(), queued));
    }

    private void workers() throws Exception {
        WorkerStatuses statuses = new WorkerStatuses();
        long[] heartbeatMs = {0};
        reader.read(only(topics.workers()), 0, record -> {
            statuses.accept(record);
            if (record.value() != null
                    && decoded(record, WorkersRecord.class).orElse(null) instanceof WorkersRecord.LedgerHeartbeat) {
                heartbeatMs[0] = Math.max(heartbeatMs[0], record.timestamp());
            }
        });
        producerAlive = clock.millis() - heartbeatMs[0] <= grace.toMillis();
        for (WorkerStatuses.Seen seen : statuses.live(clock.millis())) {
            String name = seen.status().worker().key();
            for (WorkersRecord.HeldGroup held : seen.status().groups()) {
                long index = held.groupIndex().value();
                unsettled(index).ifPresent(found -> found.heldBy(name));
                if (watch != null && watch == index) {
                    watched.add("workers: " + name + " holds attempt " + held.attempt());
                }
            }
        }
    }

    private void receipts() throws Exception {
        reader.read(
                only(topics.receipts()),
                0,
                record -> decoded(record, Receipt.class).ifPresent(receipt -> {
                    long index = receipt.groupIndex().value();
                    watch(
                            index,
                            record,
                            "attempt " + receipt.attempt() + " ended at " + receipt.worker() + ": "
                                    + receipt.outcome());
                    if (receipt.outcome() instanceof Receipt.Success success) {
                        unsettled(index)
                                .ifPresent(found -> found.promised(
                                        receipt.attempt().value(), success.partition(), success.offsets()));
                    }
                }));
    }

    private void results() throws Exception {
        for (TopicPartition partition : reader.partitions(topics.results())) {
            reader.read(partition, 0, this::result);
        }
    }

    private void result(ConsumerRecord<byte[], byte[]> record) {
        long index = index(record.key());
        if (index < 0) {
            bad(record);
            return;
        }
        try {
            ResultHeaders.Type type = ResultHeaders.readType(record.headers());
            watch(index, record, "a " + type.word());
            Optional<GroupEvidence> found = unsettled(index);
            if (found.isEmpty()) {
                return;
            }
            switch (type) {
                case GROUP -> found.get().result(record.partition(), record.offset());
                case ABANDONED -> found.get().marker();
                case PART -> {
                    var part = ResultHeaders.readPart(
                            record.headers(), new io.millrace.common.id.GroupIndex(index), record.value());
                    found.get().part(part.key().attempt().value(), part.count(), record.partition(), record.offset());
                }
            }
        } catch (BadRecordException e) {
            bad(record);
        }
    }

    private static long index(byte @Nullable [] key) {
        String text = key == null ? "" : new String(key, StandardCharsets.US_ASCII);
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    }

    /** The leased step can be served only while every record of its manifest is there. */
    private void leaseStands() {
        StepRecord.Lease open = account.openLease();
        if (open == null) {
            return;
        }
        for (StepRecord.ManifestEntry entry : open.groups()) {
            GroupEvidence found = evidence.get(entry.groupIndex().value());
            if (found == null) {
                continue;
            }
            for (long offset : entry.offsets()) {
                if (!found.has(entry.partition(), offset)) {
                    findings.add(new Finding(
                            Finding.Kind.RESULT_MISSING,
                            entry.groupIndex().value(),
                            "step " + open.step() + " is leased with its result at partition " + entry.partition()
                                    + " offset " + offset + ", where it is not"));
                }
            }
        }
    }

    private void judge(long index, GroupEvidence found) {
        if (found.place() == Place.NOWHERE) {
            findings.add(new Finding(
                    Finding.Kind.LOST,
                    index,
                    "admitted, not settled, and neither a task nor a worker nor a result has it"));
        }
        List<String> missing = found.missing();
        if (!missing.isEmpty()) {
            findings.add(new Finding(
                    Finding.Kind.RESULT_MISSING, index, "a receipt names results that are not there: " + missing));
        }
    }

    /** Empty for a settled group, and for an index that was never admitted. */
    private Optional<GroupEvidence> unsettled(long index) {
        if (account.isSettled(index)) {
            return Optional.empty();
        }
        return Optional.of(evidence.computeIfAbsent(index, first -> new GroupEvidence()));
    }

    private void watch(long index, ConsumerRecord<byte[], byte[]> record, String what) {
        if (watch != null && watch == index) {
            watched.add(record.topic().substring(topics.run().value().length() + 1) + " partition " + record.partition()
                    + " offset " + record.offset() + ": " + what);
        }
    }

    private <T extends ControlRecord> Optional<T> decoded(ConsumerRecord<byte[], byte[]> record, Class<T> type) {
        try {
            if (record.value() != null) {
                return Optional.of(ControlCodec.decode(record.value(), type));
            }
        } catch (BadRecordException e) {
            // Counted below: a reader must not stop for it.
        }
        bad(record);
        return Optional.empty();
    }

    private void bad(ConsumerRecord<byte[], byte[]> record) {
        badRecords.merge(record.topic(), 1L, Long::sum);
    }
}
