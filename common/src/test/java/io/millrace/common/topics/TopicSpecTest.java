package io.millrace.common.topics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.record.GroupKind;
import io.millrace.common.units.ByteSize;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TopicSpecTest {
    private static final RunTopics TOPICS = new RunTopics(new RunId("demo"));

    private static Map<String, TopicSpec> specs(int partitions, int replicas) {
        return TopicSpec.all(new TopicSettings(new RunId("demo"), partitions, replicas, new ByteSize(1 << 20))).stream()
                .collect(Collectors.toMap(TopicSpec::name, Function.identity()));
    }

    @Test
    void everyNameBeginsWithTheRunSoThatRunsKeepApart() {
        assertEquals(
                List.of(
                        "demo.prompts",
                        "demo.prompts.urgent",
                        "demo.results",
                        "demo.partials",
                        "demo.receipts",
                        "demo.workers",
                        "demo.steps",
                        "demo.policy",
                        "demo.run",
                        "demo.dead-letters",
                        "demo.evals",
                        "demo.prompts.eval",
                        "demo.eval-results",
                        "demo.eval-receipts"),
                TopicSpec.all(new TopicSettings(new RunId("demo"), 4, 1, new ByteSize(1 << 20))).stream()
                        .map(TopicSpec::name)
                        .toList());
        assertEquals("demo.producer", TOPICS.producerTransactionalId());
        assertEquals("demo.trainer", TOPICS.trainerTransactionalId());
    }

    @Test
    void eachLaneHasAShareGroupOfItsOwn() {
        assertEquals("demo.prompts.workers", TOPICS.shareGroup(Lane.TRAINING));
        assertEquals("demo.prompts.urgent.workers", TOPICS.shareGroup(Lane.URGENT));
        assertEquals("demo.prompts.eval.workers", TOPICS.shareGroup(Lane.EVALUATION));
    }

    @Test
    void onlyResultsHaveMoreThanOnePartition() {
        List<String> results = List.of(TOPICS.results(GroupKind.TRAINING), TOPICS.results(GroupKind.EVALUATION));
        specs(6, 1).forEach((name, spec) -> assertEquals(results.contains(name) ? 6 : 1, spec.partitions(), name));
    }

    @Test
    void nothingIsTrimmedByTimeOrSize() {
        specs(4, 1).forEach((name, spec) -> {
            assertEquals("-1", spec.configs().get("retention.ms"), name);
            assertEquals("-1", spec.configs().get("retention.bytes"), name);
        });
    }

    @Test
    void everyRecordHasTheBrokersTime() {
        specs(4, 1)
                .forEach((name, spec) ->
                        assertEquals("LogAppendTime", spec.configs().get("message.timestamp.type"), name));
    }

    @Test
    void trimmingFreesDiskWellBelowAGibibyteAndEverySegmentTakesTheLargestRecord() {
        for (long recordBytes : new long[] {64 << 10, 16 << 20, 512 << 20}) {
            TopicSettings settings = new TopicSettings(new RunId("demo"), 4, 1, new ByteSize(recordBytes));
            for (TopicSpec spec : TopicSpec.all(settings)) {
                long segment = Integer.parseInt(spec.configs().get("segment.bytes"));
                assertTrue(segment >= 2 * recordBytes, spec.name() + " " + segment);
                assertTrue(segment <= Math.max(128 << 20, 2 * recordBytes + (1 << 20)), spec.name() + " " + segment);
            }
        }
        assertEquals(
                "16777216",
                specs(4, 1).get(TOPICS.receipts(GroupKind.TRAINING)).configs().get("segment.bytes"));
        assertEquals(
                "134217728",
                specs(4, 1).get(TOPICS.results(GroupKind.TRAINING)).configs().get("segment.bytes"));
    }

    @Test
    void aSegmentOfAQuietTopicEndsWithinTheHour() {
        specs(4, 1)
                .forEach((name, spec) -> assertEquals("3600000", spec.configs().get("segment.ms"), name));
    }

    @Test
    void onlyStatesThatReplaceEachOtherAreCompacted() {
        Set<String> compacted = new HashSet<>();
        specs(4, 1).forEach((name, spec) -> {
            if (spec.configs().get("cleanup.policy").equals("compact")) {
                compacted.add(name);
            }
        });
        assertEquals(Set.of(TOPICS.workers(), TOPICS.policy(), TOPICS.runRecord()), compacted);
    }

    @Test
    void aRecordOfTheLimitFitsWithItsKeyAndHeaders() {
        specs(4, 1)
                .forEach((name, spec) -> assertEquals(
                        (1 << 20) + (64 << 10), Integer.parseInt(spec.configs().get("max.message.bytes")), name));
    }

    @Test
    void oneReplicaMayBeLostWhereThereAreSeveral() {
        assertEquals("1", specs(4, 1).get(TOPICS.steps()).configs().get("min.insync.replicas"));
        assertEquals("1", specs(4, 2).get(TOPICS.steps()).configs().get("min.insync.replicas"));
        assertEquals("2", specs(4, 3).get(TOPICS.steps()).configs().get("min.insync.replicas"));
        assertEquals(3, specs(4, 3).get(TOPICS.steps()).replicationFactor());
    }

    @Test
    void aSpecsSettingsCannotBeChanged() {
        TopicSpec spec = specs(4, 1).get(TOPICS.steps());
        assertThrows(UnsupportedOperationException.class, () -> spec.configs().put("retention.ms", "1"));
    }

    @Test
    void aResultsPartitionIsTheIndexModuloTheCount() {
        assertEquals(0, RunTopics.resultPartition(new GroupIndex(0), 4));
        assertEquals(3, RunTopics.resultPartition(new GroupIndex(7), 4));
        assertEquals(0, RunTopics.resultPartition(new GroupIndex(7), 1));
        int[] groups = new int[5];
        for (int index = 0; index < 1_000; index++) {
            groups[RunTopics.resultPartition(new GroupIndex(index), 5)]++;
        }
        for (int count : groups) {
            assertEquals(200, count, "neighbours spread evenly");
        }
        int last = RunTopics.resultPartition(new GroupIndex(Long.MAX_VALUE), 256);
        assertTrue(last >= 0 && last < 256);
    }

    @Test
    void eachKindHasLanesResultsAndReceiptsOfItsOwn() {
        Set<String> names = new HashSet<>();
        for (GroupKind kind : GroupKind.values()) {
            Lane.of(kind).forEach(lane -> assertTrue(lane.kind() == kind && names.add(TOPICS.lane(lane))));
            assertTrue(names.add(TOPICS.results(kind)) && names.add(TOPICS.receipts(kind)));
        }
        assertEquals(Lane.values().length + 4, names.size());
        assertEquals(Lane.TRAINING, Lane.first(GroupKind.TRAINING));
        assertEquals(Lane.URGENT, Lane.later(GroupKind.TRAINING));
        assertEquals(Lane.EVALUATION, Lane.later(GroupKind.EVALUATION));
    }
}
