package io.millrace.trainer.journal;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.NewerRecords;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.session.Tenure;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.steps.StepLedger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rebuilds a ledger from {@code steps}, from its last snapshot on, and {@code policy}. One owner. */
public final class StepsReader {
    private static final Logger log = LoggerFactory.getLogger(StepsReader.class);
    /** How the trainer consumer is named in dead letters. */
    public static final String READER = "trainer-consumer";

    private final TopicPartition steps;
    private final TopicPartition policy;
    private final TopicPartition deadLetters;
    private final PartitionReader reader;

    /** @param reader not owned */
    public StepsReader(RunTopics topics, PartitionReader reader) {
        this.steps = new TopicPartition(topics.steps(), 0);
        this.policy = new TopicPartition(topics.policy(), 0);
        this.deadLetters = new TopicPartition(topics.deadLetters(), 0);
        this.reader = reader;
    }

    /** The highest tenure that a record of {@code policy} names. */
    public Tenure highest() throws Exception {
        List<Tenure> all = new ArrayList<>();
        reader.read(policy, 0, record -> StepWriter.tenure(record.headers()).ifPresent(all::add));
        return all.stream().max(Comparator.naturalOrder()).orElse(Tenure.NONE);
    }

    /**
     * Folds what stands on the topics.
     *
     * @return records that are not ours and have no dead letter yet
     * @throws IllegalStateException when a record does not follow from those before it
     */
    public List<DeadLetter.Unreadable> fold(StepLedger ledger) throws Exception {
        List<DeadLetter.Unreadable> unreadable = new ArrayList<>();
        long from = reader.lastOffset(steps, StepsReader::isSnapshot).orElse(0);
        reader.read(steps, from, record -> {
            StepRecord step = decoded(record, StepRecord.class, unreadable);
            if (step != null) {
                ledger.fold(step);
            }
        });
        AtomicReference<@Nullable Policy> last = new AtomicReference<>();
        reader.read(policy, 0, record -> {
            Policy next = decoded(record, Policy.class, unreadable);
            if (next != null) {
                last.set(next);
            }
        });
        Policy newest = last.get();
        if (newest != null && !ledger.follows(newest)) {
            log.warn(
                    "policy says {}, which does not follow from steps: one of them has lost its tail. steps is the run's"
                            + " account; by it the policy is {}",
                    newest,
                    ledger.policyOfSteps());
            ledger.fold(ledger.policyOfSteps());
        } else if (newest != null) {
            ledger.fold(newest);
        } else if (!ledger.isEmpty()) {
            log.warn(
                    "policy holds nothing, though steps does: it has lost its records. By steps the policy is {}",
                    ledger.policyOfSteps());
            ledger.fold(ledger.policyOfSteps());
        }
        return withoutLetter(unreadable);
    }

    /** Anyone may write garbage under this key. */
    private static boolean isSnapshot(ConsumerRecord<byte[], byte[]> record) {
        return KeptSteps.isSnapshot(record)
                && ControlCodec.ifOurs(record.value(), StepRecord.class).orElse(null) instanceof StepRecord.Snapshot;
    }

    private static <T extends io.millrace.common.record.ControlRecord> @Nullable T decoded(
            ConsumerRecord<byte[], byte[]> record, Class<T> type, List<DeadLetter.Unreadable> unreadable) {
        try {
            return ControlCodec.decode(record.value(), type);
        } catch (BadRecordException e) {
            NewerRecords.refuse(record, e);
            unreadable.add(letter(record, String.valueOf(e.getMessage())));
            return null;
        }
    }

    /** What is written to {@code dead-letters} about a record that is not ours. */
    public static DeadLetter.Unreadable letter(ConsumerRecord<byte[], byte[]> record, String reason) {
        return DeadLetter.Unreadable.of(
                record.topic(), record.partition(), record.offset(), READER, reason, record.value());
    }

    private List<DeadLetter.Unreadable> withoutLetter(List<DeadLetter.Unreadable> unreadable) throws Exception {
        if (unreadable.isEmpty()) {
            return List.of();
        }
        Set<String> written = new HashSet<>();
        // All of it once: the letters of a few records may stand anywhere.
        reader.read(deadLetters, 0, record -> {
            if (record.key() != null) {
                written.add(new String(record.key(), StandardCharsets.UTF_8));
            }
        });
        for (DeadLetter.Unreadable letter : unreadable) {
            log.warn(
                    "offset {} of {} is not ours and is passed over: {}",
                    letter.offset(),
                    letter.topic(),
                    letter.reason());
        }
        return unreadable.stream()
                .filter(letter -> !written.contains(letter.key()))
                .toList();
    }
}
