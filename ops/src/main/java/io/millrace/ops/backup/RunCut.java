package io.millrace.ops.backup;

import io.millrace.common.config.SettingException;
import io.millrace.common.record.GroupKind;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.cluster.RunClients;
import io.millrace.ops.cluster.RunGroups;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/*
 * As the audit's cut (docs/decisions/0016), what names something is taken before what it names, so every reference below the
 * ends resolves below them. Two things more are asked of a cut that a run shall go on from.
 *
 * A transaction over two topics is below both ends or above both. An end is taken where everything that had been written
 * when it was asked for is decided: so a transaction that is in the topic taken first is in the one taken later. Where the
 * other way round matters (an acknowledgement stands in steps, its weight version in policy; the issue of an evaluation in
 * evals, its tasks in a lane), the first topic must not have grown when the later one is taken; else both are taken anew.
 *
 * What is deleted was settled before: so beginnings are taken before any end.
 */

/** One moment of a run, which may go on: where every partition begins and ends, and what its groups have taken. */
record RunCut(
        Map<TopicPartition, Long> begins,
        Map<TopicPartition, Long> ends,
        Map<RunGroups.Group, Map<TopicPartition, Long>> groups) {
    private static final int TRIES = 100;
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(20);

    RunCut {
        begins = Map.copyOf(begins);
        ends = Map.copyOf(ends);
        groups = Map.copyOf(groups);
    }

    /**
     * @param topics those of the run that are there
     * @throws SettingException when a transaction stays open, or the run never stands still for a moment
     */
    static RunCut take(Admin admin, RunTopics names, Map<String, TopicDescription> topics) throws InterruptedException {
        List<TopicPartition> all = topics.values().stream()
                .flatMap(topic -> topic.partitions().stream()
                        .map(partition -> new TopicPartition(topic.name(), partition.partition())))
                .toList();
        Taking taking = new Taking(admin, all);
        for (int i = 0; i < TRIES; i++) {
            RunCut cut = taking.take(names);
            if (cut != null) {
                return cut;
            }
            Thread.sleep(BETWEEN_TRIES);
        }
        throw new SettingException("the run writes without a pause: no moment of it was found in " + TRIES
                + " tries. Stop it, or try again");
    }

    /** Whether nothing has been written since. */
    boolean unchanged(Admin admin) throws InterruptedException {
        return offsets(admin, List.copyOf(ends.keySet()), OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED)
                .equals(ends);
    }

    private static Map<TopicPartition, Long> offsets(
            Admin admin, List<TopicPartition> partitions, OffsetSpec spec, IsolationLevel isolation)
            throws InterruptedException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions.forEach(partition -> asked.put(partition, spec));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        RunClients.answer(
                        "list offsets",
                        admin.listOffsets(asked, new ListOffsetsOptions(isolation))
                                .all())
                .forEach((partition, info) -> offsets.put(partition, info.offset()));
        return offsets;
    }

    private static final class Taking {
        private final Admin admin;
        private final List<TopicPartition> left;
        private final List<TopicPartition> all;
        private final Map<TopicPartition, Long> ends = new HashMap<>();

        private Taking(Admin admin, List<TopicPartition> all) {
            this.admin = admin;
            this.all = all;
            this.left = new ArrayList<>(all);
        }

        /** Null where the run was in between. */
        private @org.jspecify.annotations.Nullable RunCut take(RunTopics names) throws InterruptedException {
            left.clear();
            left.addAll(all);
            ends.clear();
            Map<TopicPartition, Long> begins =
                    offsets(admin, all, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
            end(names.evals());
            end(names.steps());
            end(names.policy());
            if (grown(names.steps())) {
                return null;
            }
            RunGroups groups = new RunGroups(admin, names.run());
            Map<RunGroups.Group, Map<TopicPartition, Long>> positions = new HashMap<>();
            for (RunGroups.Group group : groups.all()) {
                positions.put(group, groups.positions(group));
            }
            end(names.workers());
            for (GroupKind kind : GroupKind.values()) {
                end(names.receipts(kind));
            }
            end(names.partials());
            for (GroupKind kind : GroupKind.values()) {
                end(names.results(kind));
            }
            end(names.deadLetters());
            for (Lane lane : Lane.values()) {
                end(names.lane(lane));
            }
            for (TopicPartition partition : List.copyOf(left)) {
                end(partition.topic());
            }
            return grown(names.evals()) ? null : new RunCut(begins, ends, positions);
        }

        private List<TopicPartition> of(String topic) {
            return all.stream()
                    .filter(partition -> partition.topic().equals(topic))
                    .toList();
        }

        private void end(String topic) throws InterruptedException {
            List<TopicPartition> partitions = of(topic);
            left.removeAll(partitions);
            Map<TopicPartition, Long> written =
                    offsets(admin, partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
            for (int i = 0; i < TRIES; i++) {
                Map<TopicPartition, Long> decided =
                        offsets(admin, partitions, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
                if (partitions.stream()
                        .allMatch(partition ->
                                decided.getOrDefault(partition, 0L) >= written.getOrDefault(partition, 0L))) {
                    ends.putAll(decided);
                    return;
                }
                Thread.sleep(BETWEEN_TRIES);
            }
            throw new SettingException(
                    "a transaction on " + topic + " stays open; its writer was killed perhaps, and the"
                            + " broker ends it within a minute: try again then");
        }

        private boolean grown(String topic) throws InterruptedException {
            Map<TopicPartition, Long> now =
                    offsets(admin, of(topic), OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
            return now.entrySet().stream().anyMatch(entry -> entry.getValue() > ends.getOrDefault(entry.getKey(), 0L));
        }
    }
}
