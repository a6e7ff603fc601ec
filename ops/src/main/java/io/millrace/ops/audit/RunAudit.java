package io.millrace.ops.audit;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.ops.cluster.WorkerStatuses;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/*
 * The run goes on while it is read, so the account is of one cut through its topics (Cut), in which every reference
 * resolves. What can still be missing below the cut was trimmed while it was read, and only what is settled is trimmed.
 * Where something is missed, therefore, `steps` is read on: what has been settled meanwhile is not missed.
 */

/** Accounts for every admitted group of a run. One owner, one use. */
final class RunAudit {
    private final RunTopics topics;
    private final RunLog log;
    private final Duration grace;
    private final @Nullable Long watch;

    private final StepAccount account;
    private final Map<String, Long> badRecords = new TreeMap<>();
    private final List<Passed> passed = new ArrayList<>();
    private final List<String> watched = new ArrayList<>();
    private final Map<Long, GroupEvidence> evidence = new TreeMap<>();
    /** The records that leased steps are served from and that were not met, each with its group. */
    private final Map<ResultPlace, Long> leaseMissing = new LinkedHashMap<>();

    private List<StepRecord.Lease> leased = List.of();
    private long admitted;
    /** Groups settled at the cut that no prompt below it is of. */
    private long neverAdmitted;

    private long deadLetters;
    private boolean producerAlive;
    private @Nullable Long newestStatusMs;

    /** A prompt that does not follow the one before it. */
    private record Passed(long offset, long before, long index) {}

    /**
     * @param grace how long after its last heartbeat the producer counts as alive, by the broker's time alone: the newest
     *     record of a worker or of the producer is the present
     */
    RunAudit(RunTopics topics, RunLog log, Duration grace, @Nullable Long watch) {
        this.topics = topics;
        this.log = log;
        this.grace = grace;
        this.watch = watch;
        this.account = new StepAccount(watch);
    }

    AuditReport run() throws Exception {
        Cut cut = Cut.take(log, topics);
        steps(0, cut.end(only(topics.steps())));
        leased();
        prompts(cut);
        read(
                cut,
                topics.lane(Lane.URGENT),
                record -> decoded(record, TrainingTask.class)
                        .ifPresent(task -> task(record, task, cut.queued(Lane.URGENT, record.offset()))));
        workers(cut);
        receipts(cut);
        for (TopicPartition partition : log.partitions(topics.results(GroupKind.TRAINING))) {
            log.read(partition, 0, cut.end(partition), this::result);
        }
        read(cut, topics.deadLetters(), record -> deadLetters++);
        StepAccount.Settled settled = account.settled();
        List<Finding> findings = new ArrayList<>(account.findings());
        long findingsCount = account.findingsCount();
        watched.addAll(account.watched());
        long leasedGroups = leased.stream()
                .flatMap(lease -> lease.groups().stream())
                .filter(entry -> !account.isSettled(entry.groupIndex().value()))
                .count();
        List<Finding> found = judge(cut);
        if (!found.isEmpty()) {
            steps(cut.end(only(topics.steps())), log.end(only(topics.steps())).committed());
            found = judge(cut);
        }
        found.stream().limit(StepAccount.FINDINGS_MAX - findings.size()).forEach(findings::add);
        return new AuditReport(
                topics.run(),
                producerAlive,
                newestStatusMs,
                admitted,
                settled,
                AuditReport.Standing.of(standing(), leasedGroups),
                badRecords,
                deadLetters,
                findingsCount + found.size(),
                findings,
                watched);
    }

    private Map<Place, Long> standing() {
        Map<Place, Long> standing = new EnumMap<>(Place.class);
        evidence.forEach((index, found) -> {
            // One that is nowhere and has been settled since was finished, and trimmed while it was looked for.
            Place place = place(index, found);
            boolean finished = place == Place.NOWHERE && account.isSettled(index);
            standing.merge(finished ? Place.FINISHED : place, 1L, Long::sum);
        });
        return standing;
    }

    private Place place(long index, GroupEvidence found) {
        return found.place((attempt, place) -> account.isRejected(index, attempt, place));
    }

    private static TopicPartition only(String topic) {
        return new TopicPartition(topic, 0);
    }

    private void read(Cut cut, String topic, Consumer<ConsumerRecord<byte[], byte[]>> handler) throws Exception {
        log.read(only(topic), 0, cut.end(only(topic)), handler);
    }

    private void steps(long from, long to) throws Exception {
        log.read(
                only(topics.steps()),
                from,
                to,
                record -> decoded(record, StepRecord.class).ifPresent(account::accept));
    }

    private void leased() {
        leased = account.openLeases();
        leased.stream()
                .flatMap(lease -> lease.groups().stream())
                .forEach(entry -> entry.offsets()
                        .forEach(offset -> leaseMissing.put(
                                new ResultPlace(entry.partition(), offset),
                                entry.groupIndex().value())));
    }

    private void prompts(Cut cut) throws Exception {
        long[] previous = {-1};
        long[] last = {-1};
        read(cut, topics.lane(Lane.TRAINING), record -> {
            Optional<TrainingTask> read = decoded(record, TrainingTask.class);
            if (read.isEmpty()) {
                return;
            }
            long index = read.get().groupIndex().value();
            last[0] = record.offset();
            if (previous[0] >= 0 && index != previous[0] + 1) {
                passed.add(new Passed(record.offset(), previous[0], index));
            }
            previous[0] = Math.max(previous[0], index);
            task(record, read.get(), cut.queued(Lane.TRAINING, record.offset()));
        });
        admitted = previous[0] + 1;
        if (last[0] < log.begin(only(topics.lane(Lane.TRAINING)))) {
            // The last prompts below the cut were trimmed before they were read, so they are settled.
            admitted = Math.max(admitted, account.settledEnd());
        }
        neverAdmitted = account.settledFrom(admitted);
        // Groups whose prompt is trimmed must be settled, or be found further down.
        for (long index = account.lowWaterMark(); index < admitted; index++) {
            unsettled(index);
        }
    }

    private void task(ConsumerRecord<byte[], byte[]> record, TrainingTask task, boolean queued) {
        watch(
                task.groupIndex().value(),
                record,
                "attempt " + task.attempt() + " issued at version " + task.issueVersion()
                        + (queued ? ", not yet claimed" : ""));
        unsettled(task.groupIndex().value())
                .ifPresent(found -> found.task(task.attempt().value(), queued));
    }

    private void workers(Cut cut) throws Exception {
        WorkerStatuses statuses = new WorkerStatuses();
        long[] heartbeatMs = {Long.MIN_VALUE};
        read(cut, topics.workers(), record -> {
            statuses.accept(record);
            if (record.value() != null
                    && decoded(record, WorkersRecord.class).orElse(null) instanceof WorkersRecord.LedgerHeartbeat) {
                heartbeatMs[0] = Math.max(heartbeatMs[0], record.timestamp());
            }
        });
        OptionalLong newestMs = statuses.newestMs();
        newestStatusMs = newestMs.isPresent() ? newestMs.getAsLong() : null;
        producerAlive = heartbeatMs[0] >= newestMs.orElse(Long.MAX_VALUE) - grace.toMillis();
        for (WorkerStatuses.Seen seen : statuses.live()) {
            String name = seen.status().worker().key();
            for (WorkersRecord.HeldGroup held : seen.status().held(GroupKind.TRAINING)) {
                long index = held.groupIndex().value();
                unsettled(index).ifPresent(found -> found.heldBy(name));
                if (watch != null && watch == index) {
                    watched.add("workers: " + name + " holds attempt " + held.attempt());
                }
            }
        }
    }

    private void receipts(Cut cut) throws Exception {
        read(
                cut,
                topics.receipts(GroupKind.TRAINING),
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

    private void result(ConsumerRecord<byte[], byte[]> record) {
        long index = index(record.key());
        if (index < 0) {
            bad(record);
            return;
        }
        try {
            ResultHeaders.Type type = ResultHeaders.readType(record.headers());
            Part part = type == ResultHeaders.Type.PART
                    ? ResultHeaders.readPart(record.headers(), new GroupIndex(index), record.value())
                    : null;
            watch(index, record, "a " + type.word());
            ResultPlace place = new ResultPlace(record.partition(), record.offset());
            if (type != ResultHeaders.Type.ABANDONED) {
                leaseMissing.remove(place, index);
            }
            unsettled(index).ifPresent(found -> {
                if (part != null) {
                    found.part(part, place);
                } else if (type == ResultHeaders.Type.GROUP) {
                    found.result(ResultHeaders.readAttempt(record.headers()), place);
                } else {
                    found.marker();
                }
            });
        } catch (BadRecordException e) {
            bad(record);
        }
    }

    private static long index(byte @Nullable [] key) {
        String text = key == null ? "" : new String(key, StandardCharsets.US_ASCII);
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    }

    /** What is wrong below the cut, as far as {@code steps} was read. */
    private List<Finding> judge(Cut cut) throws Exception {
        List<Finding> findings = new ArrayList<>();
        passed.forEach(one -> passed(one).ifPresent(findings::add));
        if (neverAdmitted > 0) {
            findings.add(new Finding(
                    Finding.Kind.CONTRADICTION,
                    null,
                    neverAdmitted + " groups are settled that prompts never admitted: it ends before group "
                            + admitted));
        }
        for (StepRecord.Lease lease : leased) {
            leased(lease, findings);
        }
        evidence.forEach((index, found) -> {
            if (!account.isSettled(index)) {
                group(cut, index, found, findings);
            }
        });
        return findings;
    }

    private Optional<Finding> passed(Passed passed) {
        String detail =
                "prompts offset " + passed.offset() + ": group " + passed.index() + " follows group " + passed.before();
        if (passed.index() <= passed.before()) {
            return Optional.of(new Finding(Finding.Kind.DOUBLED, passed.index(), detail));
        }
        for (long index = passed.before() + 1; index < passed.index(); index++) {
            if (!account.isSettled(index)) {
                return Optional.of(new Finding(Finding.Kind.HOLE, passed.index(), detail));
            }
        }
        return Optional.empty();
    }

    /** A leased step can be served only while every record of its manifest is there. */
    private void leased(StepRecord.Lease lease, List<Finding> findings) throws Exception {
        boolean over = !account.openLeases().contains(lease);
        Set<Long> groups =
                lease.groups().stream().map(entry -> entry.groupIndex().value()).collect(Collectors.toSet());
        for (Map.Entry<ResultPlace, Long> missing : leaseMissing.entrySet()) {
            if (!groups.contains(missing.getValue())) {
                continue;
            }
            ResultPlace place = missing.getKey();
            boolean trimmedSince = over
                    && place.offset()
                            < log.begin(new TopicPartition(topics.results(GroupKind.TRAINING), place.partition()));
            if (!trimmedSince) {
                findings.add(new Finding(
                        Finding.Kind.RESULT_MISSING,
                        missing.getValue(),
                        "step " + lease.step() + " is leased with its result at partition " + place.partition()
                                + " offset " + place.offset() + ", where it is not"));
            }
        }
    }

    private void group(Cut cut, long index, GroupEvidence found, List<Finding> findings) {
        if (place(index, found) == Place.NOWHERE) {
            findings.add(new Finding(
                    Finding.Kind.LOST,
                    index,
                    "admitted, not settled, and neither a task nor a worker nor a result has it"));
        }
        List<ResultPlace> missing = new ArrayList<>();
        found.missing().forEach((place, attempt) -> {
            boolean undecided = cut.undecided(
                    new TopicPartition(topics.results(GroupKind.TRAINING), place.partition()), place.offset());
            if (!undecided && !account.isOver(index, attempt)) {
                missing.add(place);
            }
        });
        if (!missing.isEmpty()) {
            findings.add(new Finding(
                    Finding.Kind.RESULT_MISSING, index, "a receipt names results that are not there: " + missing));
        }
    }

    /** Empty for a group that is settled at the cut. */
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
        Optional<T> decoded = ControlCodec.ifOurs(record.value(), type);
        if (decoded.isEmpty()) {
            bad(record);
        }
        return decoded;
    }

    private void bad(ConsumerRecord<byte[], byte[]> record) {
        badRecords.merge(record.topic(), 1L, Long::sum);
    }
}
