package io.millrace.sandbox.bench;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.sandbox.trainer.TrainedStep;
import io.millrace.sandbox.trainer.TrainerReport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/**
 * What one case came to, by the topics and the simulated trainer's own report, not by what Millrace says of itself.
 *
 * @param seconds from the first step's hand-over to the last one's acknowledgement
 * @param waitSeconds of those, how long the trainer waited for batches
 * @param trainedTokens response tokens
 * @param byStaleness groups trained, by versions between their oldest token and the hand-over
 * @param meanInQueue of those versions, how many lay behind a group's newest token, mean over the groups; the others are
 *     between its oldest token and its newest
 * @param discards by reason
 * @param trainedLength mean response length of trained samples, tokens
 * @param generatedLength the same of all samples generated; receipts are its source, so groups under way at the end are
 *     left out
 */
record StalenessFigures(
        double seconds,
        double waitSeconds,
        int steps,
        long trainedTokens,
        Map<Long, Long> byStaleness,
        double meanInQueue,
        Map<String, Long> discards,
        double trainedLength,
        double generatedLength) {

    static StalenessFigures read(RunTopics topics, PartitionReader reader, TrainerReport report) throws Exception {
        Map<Result, WeightVersion> newest = newestVersions(topics, reader);
        long[] inQueue = new long[2];
        TreeMap<Long, Long> byStaleness = new TreeMap<>();
        TreeMap<String, Long> discards = new TreeMap<>();
        reader.read(new TopicPartition(topics.steps(), 0), 0, record -> {
            switch (decoded(record.value(), StepRecord.class)) {
                case StepRecord.Lease lease -> {
                    long version = lease.weightVersion().value();
                    for (StepRecord.ManifestEntry group : lease.groups()) {
                        byStaleness.merge(version - group.oldestVersion().value(), 1L, Long::sum);
                        WeightVersion last = newest.get(new Result(group.groupIndex(), group.attempt()));
                        if (last == null) {
                            throw new IllegalStateException("the result of group " + group.groupIndex()
                                    + " is gone: --keep-steps was to keep it");
                        }
                        inQueue[0] += version - last.value();
                        inQueue[1]++;
                    }
                }
                case StepRecord.Discard discard -> discards.merge(discard.reason(), 1L, Long::sum);
                default -> {}
            }
        });
        long[] generated = new long[2];
        reader.read(new TopicPartition(topics.receipts(GroupKind.TRAINING), 0), 0, record -> {
            Receipt receipt = decoded(record.value(), Receipt.class);
            if (receipt.outcome() instanceof Receipt.Success) {
                generated[0] += receipt.responseTokens();
                generated[1] += receipt.samples();
            }
        });
        List<TrainedStep> steps = report.steps();
        long tokens =
                steps.stream().mapToLong(step -> step.batch().responseTokens()).sum();
        long samples = steps.stream().mapToLong(step -> step.batch().samples()).sum();
        // The first step's wait is the start of everything.
        double waited =
                steps.stream().skip(1).mapToDouble(TrainedStep::waitSeconds).sum();
        double seconds = (steps.getLast().acknowledgedAtMs() - steps.getFirst().leasedAtMs()) / 1e3;
        return new StalenessFigures(
                seconds,
                waited,
                steps.size(),
                tokens,
                byStaleness,
                inQueue[0] / (double) inQueue[1],
                discards,
                tokens / (double) samples,
                generated[0] / (double) generated[1]);
    }

    private record Result(GroupIndex groupIndex, Attempt attempt) {}

    private static Map<Result, WeightVersion> newestVersions(RunTopics topics, PartitionReader reader)
            throws Exception {
        Map<Result, WeightVersion> newest = new HashMap<>();
        for (TopicPartition partition : reader.partitions(topics.results(GroupKind.TRAINING))) {
            reader.read(partition, reader.begin(partition), record -> {
                GroupHeader group = header(record.value());
                newest.put(new Result(group.groupIndex(), group.attempt()), group.newestWeightVersion());
            });
        }
        return newest;
    }

    private static GroupHeader header(byte[] result) {
        try {
            return RolloutGroupCodec.decodeHeader(result);
        } catch (io.millrace.common.json.BadRecordException e) {
            throw new IllegalStateException("a result of the benchmark's own run is broken", e);
        }
    }

    private static <T extends io.millrace.common.record.ControlRecord> T decoded(byte[] value, Class<T> type) {
        try {
            return ControlCodec.decode(value, type);
        } catch (io.millrace.common.json.BadRecordException e) {
            throw new IllegalStateException("a record of the benchmark's own run is broken", e);
        }
    }

    long stalest() {
        return byStaleness.keySet().stream().mapToLong(Long::longValue).max().orElse(0);
    }

    double meanStaleness() {
        long groups = byStaleness.values().stream().mapToLong(Long::longValue).sum();
        return byStaleness.entrySet().stream()
                        .mapToLong(entry -> entry.getKey() * entry.getValue())
                        .sum()
                / (double) groups;
    }
}
