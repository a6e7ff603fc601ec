package io.millrace.ops.trace;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.ops.cluster.RunClients;
import io.millrace.ops.cluster.WorkerStatuses;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the topics have of one group. Results, which are large, are read only where a receipt, a rejection or a lease
 * says that one stands. One owner, one use.
 */
final class GroupLifeReader {
    private final RunTopics topics;
    private final PartitionReader reader;
    private final GroupIndex group;
    private final byte[] key;
    private final GroupLife life;
    private final Set<Place> places = new LinkedHashSet<>();

    /** Where a result stands, its parts in order. */
    private record Place(int partition, List<Long> offsets) {}

    /** @param run not owned */
    GroupLifeReader(RunClients run, GroupIndex group) {
        this.topics = run.topics();
        this.reader = run.reader();
        this.group = group;
        this.key = KafkaClients.key(group);
        this.life = new GroupLife(group);
    }

    GroupLife read() throws Exception {
        lane(Lane.TRAINING, reader.rankedFrom(only(topics.lane(Lane.TRAINING)), group.value(), GroupLifeReader::index));
        lane(Lane.URGENT, 0);
        List<At<Receipt>> receipts = receipts();
        List<At<StepRecord>> steps = steps();
        // In the order in which they come about: a result before its receipt, and both before its step.
        for (Place place : places) {
            result(place);
        }
        receipts.forEach(receipt -> life.receipt(receipt.what(), receipt.atMs()));
        steps.forEach(step -> life.step(step.what(), step.atMs()));
        workers();
        return life;
    }

    /** What a record says, and the broker's time of it. */
    private record At<T>(T what, long atMs) {}

    private List<At<Receipt>> receipts() throws Exception {
        List<At<Receipt>> receipts = new ArrayList<>();
        reader.read(only(topics.receipts(GroupKind.TRAINING)), 0, record -> {
            if (isOurs(record)) {
                ControlCodec.ifOurs(record.value(), Receipt.class).ifPresent(receipt -> {
                    receipts.add(new At<>(receipt, record.timestamp()));
                    if (receipt.outcome() instanceof Receipt.Success success) {
                        places.add(new Place(success.partition(), success.offsets()));
                    }
                });
            }
        });
        return receipts;
    }

    /** Of the group, and of steps once it was leased. */
    private List<At<StepRecord>> steps() throws Exception {
        List<At<StepRecord>> steps = new ArrayList<>();
        boolean[] leased = {false};
        reader.read(only(topics.steps()), 0, record -> {
            if (record.value() != null) {
                ControlCodec.ifOurs(record.value(), StepRecord.class)
                        .filter(step -> concerns(step, leased))
                        .ifPresent(step -> steps.add(new At<>(step, record.timestamp())));
            }
        });
        return steps;
    }

    private boolean concerns(StepRecord step, boolean[] leased) {
        return switch (step) {
            case StepRecord.Lease lease -> {
                List<StepRecord.ManifestEntry> own = lease.groups().stream()
                        .filter(entry -> entry.groupIndex().equals(group))
                        .toList();
                own.forEach(entry -> places.add(new Place(entry.partition(), entry.offsets())));
                leased[0] |= !own.isEmpty();
                yield !own.isEmpty();
            }
            case StepRecord.Acknowledgement _, StepRecord.LeaseVoid _, StepRecord.Resume _ -> leased[0];
            case StepRecord.Discard discard -> discard.groupIndex().equals(group);
            case StepRecord.Abandonment abandonment -> abandonment.groupIndex().equals(group);
            case StepRecord.Rejection rejection -> rejection.groupIndex().equals(group);
            case StepRecord.Missing missing -> missing.groupIndex().equals(group);
            case StepRecord.Skip _, StepRecord.Snapshot _ -> false;
        };
    }

    private static TopicPartition only(String topic) {
        return new TopicPartition(topic, 0);
    }

    private static OptionalLong index(ConsumerRecord<byte[], byte[]> record) {
        String text = record.key() == null ? "" : new String(record.key(), StandardCharsets.US_ASCII);
        return text.matches("[0-9]{1,18}") ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
    }

    private boolean isOurs(ConsumerRecord<byte[], byte[]> record) {
        return Arrays.equals(record.key(), key) && record.value() != null;
    }

    private void lane(Lane lane, long from) throws Exception {
        reader.read(only(topics.lane(lane)), from, record -> {
            if (isOurs(record)) {
                ControlCodec.ifOurs(record.value(), TrainingTask.class)
                        .ifPresent(task -> life.task(lane, task, record.timestamp()));
            }
        });
    }

    /** What is trimmed, lost or in the place of another's is left out: the rest says that it was there. */
    private void result(Place place) throws Exception {
        TopicPartition partition = new TopicPartition(topics.results(GroupKind.TRAINING), place.partition());
        ByteArrayOutputStream blob = new ByteArrayOutputStream();
        long atMs = 0;
        for (long offset : place.offsets()) {
            ConsumerRecord<byte[], byte[]> record = record(partition, offset);
            if (record == null) {
                return;
            }
            blob.writeBytes(record.value());
            atMs = Math.max(atMs, record.timestamp());
        }
        try {
            life.result(RolloutGroupCodec.decodeHeader(blob.toByteArray()), atMs);
        } catch (BadRecordException e) {
            // The trainer consumer has rejected it, which stands on its own topic.
        }
    }

    private @Nullable ConsumerRecord<byte[], byte[]> record(TopicPartition partition, long offset) throws Exception {
        return reader.first(partition, offset)
                .filter(record -> record.offset() == offset && isOurs(record) && isResult(record))
                .orElse(null);
    }

    private static boolean isResult(ConsumerRecord<byte[], byte[]> record) {
        try {
            return ResultHeaders.readType(record.headers()) != ResultHeaders.Type.ABANDONED;
        } catch (BadRecordException e) {
            return false;
        }
    }

    private void workers() throws Exception {
        WorkerStatuses statuses = new WorkerStatuses();
        reader.read(only(topics.workers()), 0, statuses::accept);
        for (WorkerStatuses.Seen seen : statuses.live()) {
            for (WorkersRecord.HeldGroup held : seen.status().held(GroupKind.TRAINING)) {
                if (held.groupIndex().equals(group)) {
                    life.held(seen.status(), held, seen.timestampMs());
                }
            }
        }
    }
}
