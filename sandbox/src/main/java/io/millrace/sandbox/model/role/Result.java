package io.millrace.sandbox.model.role;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.sandbox.model.role.Hands.Weights;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.results.ResultParser;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** What stands on {@code results}; turned into the bytes that a worker or the producer would write. */
public sealed interface Result {
    RunId RUN = new RunId("model");
    WorkerIncarnation WORKER = new WorkerIncarnation("worker", "model");

    GroupIndex group();

    Attempt attempt();

    /**
     * A group of one sample with two tokens: one of the oldest version, one of the newest.
     *
     * @param lineage of its task
     * @param first the weights that made the first one; only the version is written, as nobody can know more
     */
    record Whole(GroupIndex group, Attempt attempt, Lineage lineage, Weights first, Weights last) implements Result {
        private static final Map<Whole, byte[]> ENCODED = new ConcurrentHashMap<>();

        private byte[] blob() {
            return ENCODED.computeIfAbsent(this, Whole::encode);
        }

        WeightVersion oldest() {
            return first.version();
        }

        WeightVersion newest() {
            return last.version();
        }

        private byte[] encode() {
            WeightVersion oldest = oldest();
            WeightVersion newest = newest();
            SampleHeader sample = new SampleHeader(
                    group.sampleIndex(0, 1),
                    0,
                    2,
                    "",
                    Reward.of(0),
                    SampleStatus.COMPLETED,
                    "stop",
                    oldest.equals(newest)
                            ? List.of(new VersionSpan(oldest, 0, 2))
                            : List.of(new VersionSpan(oldest, 0, 1), new VersionSpan(newest, 1, 2)),
                    SpanProvenance.SPANS,
                    List.of(),
                    "",
                    "",
                    0,
                    0,
                    0,
                    null);
            GroupHeader header = new GroupHeader(
                    RUN,
                    group,
                    attempt,
                    lineage,
                    oldest,
                    WORKER,
                    0,
                    0,
                    0,
                    new Prompt.Text(""),
                    null,
                    Json.object(),
                    new RewardStats(0, 0),
                    List.of(sample));
            return RolloutGroupCodec.encode(
                    new RolloutGroup(header, new int[2], new float[2], new byte[] {1, 1}, Map.of()));
        }

        @Override
        public String toString() {
            return "g" + group + "a" + attempt + "l" + lineage + "v" + first + "-" + last;
        }
    }

    /** The producer's word that the group is given up. */
    record Marker(GroupIndex group, Attempt attempt) implements Result {
        @Override
        public String toString() {
            return "marker g" + group + "a" + attempt;
        }
    }

    /**
     * A result at its place. What its bytes say is asked once of the trainer consumer's own parser; records that are no
     * parts say the same in every world.
     */
    record Placed(Result result, long offset) {
        private static final long PART_BYTES_MAX = 1 << 20;
        private static final Map<Placed, ConsumerRecord<byte[], byte[]>> RECORDS = new ConcurrentHashMap<>();
        private static final Map<Placed, List<ResultEvent>> EVENTS = new ConcurrentHashMap<>();

        public static ResultParser parser() {
            return new ResultParser(RUN, 1, 1, PART_BYTES_MAX, (partition, offsets) -> List.of());
        }

        public ConsumerRecord<byte[], byte[]> record() {
            return RECORDS.computeIfAbsent(this, placed -> placed.result().record(placed.offset()));
        }

        private List<ResultEvent> parsed() {
            try {
                return parser().parse(record(), index -> false);
            } catch (Exception e) {
                throw new IllegalStateException("nothing is read again, since there are no parts", e);
            }
        }

        public List<ResultEvent> events() {
            return EVENTS.computeIfAbsent(this, Placed::parsed);
        }
    }

    /** As it stands on the topic. */
    public default ConsumerRecord<byte[], byte[]> record(long offset) {
        RecordHeaders headers = new RecordHeaders();
        byte[] value = switch (this) {
            case Whole whole -> {
                ResultHeaders.writeGroup(headers, whole.attempt());
                yield whole.blob();
            }
            case Marker marker -> {
                ResultHeaders.writeType(headers, ResultHeaders.Type.ABANDONED);
                yield ControlCodec.encode(new AbandonedMarker(marker.group(), marker.attempt(), "given up"));
            }
        };
        byte[] key = KafkaClients.key(group());
        return new ConsumerRecord<>(
                new RunTopics(RUN).results(GroupKind.TRAINING),
                0,
                offset,
                0,
                TimestampType.CREATE_TIME,
                key.length,
                value.length,
                key,
                value,
                headers,
                Optional.empty());
    }
}
