package io.millrace.ops.peek;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.wire.Part;
import io.millrace.common.wire.PartJoiner;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.ops.text.Shortening;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A Kafka record as lines for people. What cannot be read is shown as broken with the reason. It joins the parts of
 * large groups that come in order; one owner.
 */
final class RecordView {
    private static final int BROKEN_BYTES_SHOWN = 120;
    private static final long JOIN_BYTES_MAX = 1L << 30;

    private final PeekTopic topic;
    private final boolean full;
    private final PartJoiner joiner = new PartJoiner(16, JOIN_BYTES_MAX);

    /** @param full show everything; otherwise long texts and arrays are cut */
    RecordView(PeekTopic topic, boolean full) {
        this.topic = topic;
        this.full = full;
    }

    List<String> lines(ConsumerRecord<byte[], byte[]> record) {
        List<String> lines = new ArrayList<>();
        byte[] value = record.value();
        lines.add(record.topic() + " partition " + record.partition() + " offset " + record.offset() + "  key "
                + key(record.key()) + "  " + Instant.ofEpochMilli(record.timestamp()) + "  "
                + (value == null ? "no value" : value.length + " bytes"));
        if (value == null) {
            lines.add("(a tombstone: the key is deleted)");
            return lines;
        }
        try {
            Class<? extends ControlRecord> type = topic.type();
            if (type != null) {
                lines.add(control(value, type));
            } else {
                result(record, value, lines);
            }
        } catch (BadRecordException e) {
            lines.add("BROKEN: " + e.getMessage());
            lines.add("begins with: " + begin(value));
        }
        return lines;
    }

    private static String key(byte @Nullable [] key) {
        return key == null ? "(none)" : new String(key, StandardCharsets.UTF_8);
    }

    /** The JSON as it stands, after a check that our readers take it. */
    private String control(byte[] value, Class<? extends ControlRecord> type) throws BadRecordException {
        ControlRecord read = ControlCodec.decode(value, type);
        if (read == null) {
            throw new BadRecordException(type.getSimpleName() + " is the JSON word null");
        }
        return pretty(Json.MAPPER.readTree(value));
    }

    private void result(ConsumerRecord<byte[], byte[]> record, byte[] value, List<String> lines)
            throws BadRecordException {
        switch (ResultHeaders.readType(record.headers())) {
            case GROUP -> lines.add(pretty(group(value)));
            case ABANDONED -> lines.add(control(value, AbandonedMarker.class));
            case PART -> {
                Part part = ResultHeaders.readPart(record.headers(), index(record.key()), value);
                lines.add("part " + part.number() + " of " + part.count() + " of " + part.key());
                PartJoiner.Outcome outcome = joiner.add(part, record.offset()).outcome();
                if (outcome instanceof PartJoiner.Joined joined) {
                    lines.add("joined with the parts before it:");
                    lines.add(pretty(group(joined.blob())));
                } else if (outcome instanceof PartJoiner.LetGo(var key, var offsets)) {
                    lines.add(key + " is whole, at offsets " + offsets + "; too much was held to join it");
                } else if (outcome instanceof PartJoiner.Refused refused) {
                    throw new BadRecordException(refused.reason());
                }
            }
        }
    }

    private static GroupIndex index(byte @Nullable [] key) throws BadRecordException {
        try {
            return new GroupIndex(Long.parseLong(key(key)));
        } catch (IllegalArgumentException e) {
            throw new BadRecordException("the key is no group index: " + key(key), e);
        }
    }

    /** A sample with its share of the group's tensors. */
    private record SampleView(@JsonUnwrapped SampleHeader header, int[] tokens, float[] logProbs, int[] lossMask) {}

    /** A group with each sample's tensors beside it; of further tensors, what they are. */
    private record GroupView(
            @JsonUnwrapped @JsonIgnoreProperties("samples") GroupHeader header,
            List<SampleView> samples,
            Map<String, String> extraTensors) {
        static GroupView of(RolloutGroup group) {
            List<SampleView> samples = new ArrayList<>();
            int tokenAt = 0;
            int responseAt = 0;
            for (SampleHeader sample : group.header().samples()) {
                int tokenEnd = tokenAt + sample.tokenCount();
                int responseEnd = responseAt + sample.responseLength();
                int[] lossMask = IntStream.range(responseAt, responseEnd)
                        .map(i -> group.lossMask()[i])
                        .toArray();
                samples.add(new SampleView(
                        sample,
                        Arrays.copyOfRange(group.tokens(), tokenAt, tokenEnd),
                        Arrays.copyOfRange(group.logProbs(), responseAt, responseEnd),
                        lossMask));
                tokenAt = tokenEnd;
                responseAt = responseEnd;
            }
            Map<String, String> extras = new TreeMap<>();
            group.extras().forEach((name, tensor) -> extras.put(name, tensor.toString()));
            return new GroupView(group.header(), samples, extras);
        }
    }

    private static JsonNode group(byte[] blob) throws BadRecordException {
        return Json.MAPPER.valueToTree(GroupView.of(RolloutGroupCodec.decode(blob)));
    }

    private String pretty(JsonNode node) {
        return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(full ? node : Shortening.shorten(node));
    }

    private static String begin(byte[] value) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(value.length, BROKEN_BYTES_SHOWN); i++) {
            text.append(value[i] >= 0x20 && value[i] < 0x7f ? (char) value[i] : '.');
        }
        return text + (value.length > BROKEN_BYTES_SHOWN ? "..." : "");
    }
}
