package io.millrace.common.wire;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.wire.SafetensorsView.Entry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;

/**
 * The reading half of {@link Safetensors}. It trusts nothing: every number is checked before it is used as a length, so
 * memory spent on a bad blob stays in proportion to the blob.
 */
final class SafetensorsReader {
    private static final ObjectReader STRICT = Json.MAPPER
            .reader()
            .with(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private SafetensorsReader() {}

    static SafetensorsView read(byte[] blob) throws BadRecordException {
        int headerBytes = headerBytes(blob);
        JsonNode header = header(blob, headerBytes);
        int dataBegin = Long.BYTES + headerBytes;
        Map<String, String> metadata = Map.of();
        List<Entry> entries = new ArrayList<>(header.size());
        for (Map.Entry<String, JsonNode> field : header.properties()) {
            if (field.getKey().equals(Safetensors.METADATA)) {
                metadata = metadata(field.getValue());
            } else {
                entries.add(entry(field.getKey(), field.getValue(), dataBegin, blob.length));
            }
        }
        entries.sort(Comparator.comparingInt(Entry::begin).thenComparingInt(Entry::end));
        checkWithoutHoles(entries, dataBegin, blob.length);
        return new SafetensorsView(blob, metadata, entries);
    }

    private static int headerBytes(byte[] blob) throws BadRecordException {
        if (blob.length < Long.BYTES) {
            throw new BadRecordException("too short for safetensors: " + blob.length + " bytes, at least 8 needed");
        }
        long headerBytes = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (headerBytes < 0 || headerBytes > Safetensors.HEADER_BYTES_MAX) {
            throw new BadRecordException("safetensors header length " + Long.toUnsignedString(headerBytes)
                    + " is above the limit of " + Safetensors.HEADER_BYTES_MAX + " bytes");
        }
        if (headerBytes > blob.length - Long.BYTES) {
            throw new BadRecordException("safetensors header of " + headerBytes + " bytes does not fit into a blob of "
                    + blob.length + " bytes");
        }
        return (int) headerBytes;
    }

    private static JsonNode header(byte[] blob, int headerBytes) throws BadRecordException {
        // A zero as second byte would make the parser take the text for UTF-16, which the format does not allow.
        if (headerBytes < 2 || blob[Long.BYTES] != '{' || blob[Long.BYTES + 1] == 0) {
            throw new BadRecordException("safetensors header is no JSON object: it does not begin with {");
        }
        try {
            return STRICT.readTree(blob, Long.BYTES, headerBytes);
        } catch (JacksonException e) {
            throw new BadRecordException("safetensors header is malformed: " + e.getOriginalMessage(), e);
        }
    }

    private static Map<String, String> metadata(JsonNode node) throws BadRecordException {
        if (!node.isObject()) {
            throw new BadRecordException("safetensors " + Safetensors.METADATA + " is no JSON object");
        }
        Map<String, String> metadata = HashMap.newHashMap(node.size());
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!field.getValue().isString()) {
                throw new BadRecordException(
                        "safetensors " + Safetensors.METADATA + "." + field.getKey() + " is no string");
            }
            metadata.put(field.getKey(), field.getValue().stringValue());
        }
        return metadata;
    }

    private static Entry entry(String name, JsonNode node, int dataBegin, int blobBytes) throws BadRecordException {
        JsonNode dtype = node.path("dtype");
        if (!dtype.isString()) {
            throw new BadRecordException("tensor " + name + " has no dtype");
        }
        List<Long> shape = sizes(name, "shape", node.path("shape"));
        List<Long> offsets = sizes(name, "data_offsets", node.path("data_offsets"));
        if (offsets.size() != 2) {
            throw new BadRecordException("tensor " + name + " needs 2 data_offsets, has " + offsets.size());
        }
        long begin = offsets.get(0);
        long end = offsets.get(1);
        int dataBytes = blobBytes - dataBegin;
        if (begin > end || end > dataBytes) {
            throw new BadRecordException("tensor " + name + " has data_offsets " + offsets
                    + " out of range, the data has " + dataBytes + " bytes");
        }
        long sizeBytes = sizeBytes(name, dtype.stringValue(), shape);
        if (sizeBytes != end - begin) {
            throw new BadRecordException("tensor " + name + " of " + dtype.stringValue() + shape + " needs " + sizeBytes
                    + " bytes, its data_offsets give " + (end - begin));
        }
        return new Entry(name, dtype.stringValue(), shape, dataBegin + (int) begin, dataBegin + (int) end);
    }

    private static List<Long> sizes(String name, String field, JsonNode node) throws BadRecordException {
        if (!node.isArray()) {
            throw new BadRecordException("tensor " + name + " has no " + field);
        }
        List<Long> sizes = new ArrayList<>(node.size());
        for (JsonNode size : node) {
            if (!size.isIntegralNumber() || !size.canConvertToLong() || size.longValue() < 0) {
                throw new BadRecordException(
                        "tensor " + name + " has " + size + " in its " + field + ", allowed are integers from 0");
            }
            sizes.add(size.longValue());
        }
        return sizes;
    }

    private static long sizeBytes(String name, String dtype, List<Long> shape) throws BadRecordException {
        try {
            long sizeBytes = Tensor.width(dtype);
            for (long size : shape) {
                sizeBytes = Math.multiplyExact(sizeBytes, size);
            }
            return sizeBytes;
        } catch (IllegalArgumentException e) {
            throw new BadRecordException("tensor " + name + ": " + e.getMessage(), e);
        } catch (ArithmeticException e) {
            throw new BadRecordException("tensor " + name + " of " + dtype + shape + " is larger than any blob", e);
        }
    }

    private static void checkWithoutHoles(List<Entry> entries, int dataBegin, int blobBytes) throws BadRecordException {
        int at = dataBegin;
        for (Entry entry : entries) {
            if (entry.begin() > at) {
                throw new BadRecordException(
                        "a hole of " + (entry.begin() - at) + " bytes before the data of tensor " + entry.name());
            }
            if (entry.begin() < at) {
                throw new BadRecordException("the data of tensor " + entry.name() + " overlaps the tensor before it by "
                        + (at - entry.begin()) + " bytes");
            }
            at = entry.end();
        }
        if (at != blobBytes) {
            throw new BadRecordException((blobBytes - at) + " trailing bytes behind the last tensor");
        }
    }
}
