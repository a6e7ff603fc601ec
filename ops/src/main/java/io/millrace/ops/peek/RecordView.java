package io.millrace.ops.peek;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.ControlRecord;
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
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

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
            Optional<Class<? extends ControlRecord>> type = topic.type();
            if (type.isPresent()) {
                lines.add(control(value, type.get()));
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
            case GROUP -> lines.add(pretty(group(RolloutGroupCodec.decode(value))));
            case ABANDONED -> lines.add(control(value, AbandonedMarker.class));
            case PART -> {
                Part part = ResultHeaders.readPart(record.headers(), index(record.key()), value);
                lines.add("part " + part.number() + " of " + part.count() + " of " + part.key());
                PartJoiner.Outcome outcome = joiner.add(part, record.offset()).outcome();
                if (outcome instanceof PartJoiner.Joined joined) {
                    lines.add("joined with the parts before it:");
                    lines.add(pretty(group(RolloutGroupCodec.decode(joined.blob()))));
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

    /** The header with each sample's share of the tensors put beside it. */
    private static ObjectNode group(RolloutGroup group) {
        ObjectNode json = (ObjectNode) Json.MAPPER.<JsonNode>valueToTree(group.header());
        ArrayNode samples = (ArrayNode) json.path("samples");
        int tokenAt = 0;
        int responseAt = 0;
        for (int i = 0; i < samples.size(); i++) {
            SampleHeader header = group.header().samples().get(i);
            ObjectNode sample = (ObjectNode) samples.path(i);
            ArrayNode tokens = sample.putArray("tokens");
            for (int t = 0; t < header.tokenCount(); t++) {
                tokens.add(group.tokens()[tokenAt++]);
            }
            ArrayNode logProbs = sample.putArray("log_probs");
            ArrayNode lossMask = sample.putArray("loss_mask");
            for (int r = 0; r < header.responseLength(); r++) {
                logProbs.add(group.logProbs()[responseAt]);
                lossMask.add(group.lossMask()[responseAt++]);
            }
        }
        ObjectNode extras = json.putObject("extra_tensors");
        group.extras().forEach((name, tensor) -> extras.put(name, tensor.toString()));
        return json;
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
