package io.millrace.producer.source.file;

import dev.hardwood.metadata.LogicalType;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqMap;
import dev.hardwood.row.PqStruct;
import dev.hardwood.row.StructAccessor;
import dev.hardwood.schema.SchemaNode;
import io.millrace.common.json.Json;
import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.column.BadRowReason;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * A Parquet row as the JSON line that it would be. Fields of a struct that are null are left out: all structs of a column
 * have the same fields there, so who wrote rows with different ones has null in place of those that were absent. Dates
 * and times are texts in ISO form, bytes that are no UTF-8 are base64, a number that JSON does not have (NaN) is null. One
 * thread.
 */
final class ParquetJson {
    private final int maxRowBytes;

    private final SchemaNode.GroupNode schema;

    ParquetJson(SchemaNode.GroupNode schema, int maxRowBytes) {
        this.schema = schema;
        this.maxRowBytes = maxRowBytes;
    }

    String of(StructAccessor row) throws BadRowException {
        StringWriter text = new StringWriter(512);
        try (JsonGenerator json = Json.MAPPER.createGenerator(text)) {
            struct(row, schema, json);
        }
        String made = text.toString();
        if (made.length() > maxRowBytes / 3) {
            int bytes = made.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > maxRowBytes) {
                throw new BadRowException(
                        BadRowReason.TOO_LONG, "the row has " + bytes + " bytes as JSON, the limit is " + maxRowBytes);
            }
        }
        return made;
    }

    private static void struct(StructAccessor struct, SchemaNode.GroupNode node, JsonGenerator json) {
        json.writeStartObject();
        for (int i = 0; i < struct.getFieldCount(); i++) {
            if (!struct.isNull(i)) {
                json.writeName(struct.getFieldName(i));
                value(struct.getValue(i), field(node, i, struct.getFieldName(i)), json);
            }
        }
        json.writeEndObject();
    }

    private static SchemaNode field(SchemaNode.GroupNode node, int i, String name) {
        SchemaNode field = node.children().get(i);
        if (!field.name().equals(name)) {
            throw new IllegalStateException("field " + i + " is called " + name + " and " + field.name());
        }
        return field;
    }

    private static void value(@Nullable Object value, SchemaNode node, JsonGenerator json) {
        switch (value) {
            case null -> json.writeNull();
            case String text -> json.writeString(text);
            case Boolean truth -> json.writeBoolean(truth);
            case Byte number -> json.writeNumber(number);
            case Short number -> json.writeNumber(number);
            case Integer number when isUnsigned(node) -> json.writeNumber(Integer.toUnsignedLong(number));
            case Integer number -> json.writeNumber(number);
            case Long number when isUnsigned(node) -> json.writeNumber(new BigInteger(Long.toUnsignedString(number)));
            case Long number -> json.writeNumber(number);
            case Float number -> number(number, json);
            case Double number -> number(number, json);
            case BigDecimal number -> json.writeNumber(number);
            case byte[] bytes -> json.writeString(text(bytes));
            case PqStruct struct -> struct(struct, (SchemaNode.GroupNode) node, json);
            case PqList list -> {
                json.writeStartArray();
                for (Object each : list.values()) {
                    value(each, Objects.requireNonNull(((SchemaNode.GroupNode) node).getListElement()), json);
                }
                json.writeEndArray();
            }
            case PqMap map -> {
                json.writeStartObject();
                for (PqMap.Entry entry : map.getEntries()) {
                    json.writeName(String.valueOf(entry.getKey()));
                    value(entry.getValue(), Objects.requireNonNull(((SchemaNode.GroupNode) node).getMapValue()), json);
                }
                json.writeEndObject();
            }
            // Dates, times, UUIDs.
            default -> json.writeString(value.toString());
        }
    }

    /** The reader gives the bits of such a number as those of a signed one. */
    private static boolean isUnsigned(SchemaNode node) {
        return node instanceof SchemaNode.PrimitiveNode leaf
                && leaf.logicalType() instanceof LogicalType.IntType type
                && !type.isSigned();
    }

    private static void number(Number number, JsonGenerator json) {
        if (!Double.isFinite(number.doubleValue())) {
            json.writeNull();
        } else {
            // As it is written shortest: a float widened to a double would get digits that nobody wrote.
            json.writeNumber(new BigDecimal(number.toString()));
        }
    }

    /** Text of writers that do not say that it is text, or what is none. */
    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return Base64.getEncoder().encodeToString(bytes);
        }
    }
}
