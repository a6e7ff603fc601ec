package io.millrace.trainer.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.common.json.Json;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON schemas (draft 2020-12, which OpenAPI 3.1 has) of records, as {@link Json} writes and reads them: snake_case names,
 * ids as bare values, a component that is not {@code @Nullable} required. Records get a schema of their own each, by their
 * simple names. Not thread-safe.
 */
public final class Schemas {
    /** Larger numbers are no ids: one more than the largest must still be one. */
    public static final long ID_MAX = 999_999_999_999_999_999L;

    private static final Pattern UPPER = Pattern.compile("[A-Z]");

    private final Map<String, ObjectNode> components = new TreeMap<>();
    private final Map<String, Class<?>> types = new TreeMap<>();

    /** What a component is called in JSON. */
    public static String name(RecordComponent component) {
        return UPPER.matcher(component.getName()).replaceAll("_$0").toLowerCase(Locale.ROOT);
    }

    /** Of a step's, lineage's or version's number. */
    public static ObjectNode id() {
        return Json.object()
                .put("type", "integer")
                .put("format", "int64")
                .put("minimum", 0)
                .put("maximum", ID_MAX);
    }

    /** Of a whole number within a range, both ends in it. */
    public static ObjectNode number(long minimum, long maximum, long ifAbsent) {
        return Json.object()
                .put("type", "integer")
                .put("minimum", minimum)
                .put("maximum", maximum)
                .put("default", ifAbsent);
    }

    /** Of a text of this form. */
    public static ObjectNode text(String pattern) {
        return Json.object().put("type", "string").put("pattern", pattern);
    }

    /** Of one of these words. */
    public static ObjectNode oneOf(String... words) {
        ObjectNode schema = Json.object().put("type", "string");
        ArrayNode values = schema.putArray("enum");
        for (String word : words) {
            values.add(word);
        }
        return schema;
    }

    /** All records that were asked for, and those in them, by name. */
    Map<String, ObjectNode> components() {
        return components;
    }

    /** A reference to a record's schema. */
    ObjectNode reference(Class<?> record, boolean closed) {
        String name = record.getSimpleName();
        Class<?> known = types.putIfAbsent(name, record);
        if (known == null) {
            ObjectNode schema = Json.object();
            components.put(name, schema);
            fill(schema, record, closed);
        } else if (known != record) {
            throw new IllegalStateException(known + " and " + record + " have the same simple name");
        }
        return Json.object().put("$ref", "#/components/schemas/" + name);
    }

    private void fill(ObjectNode schema, Class<?> record, boolean closed) {
        schema.put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        ArrayNode required = Json.MAPPER.createArrayNode();
        add(properties, required, record, closed);
        if (!required.isEmpty()) {
            schema.set("required", required);
        }
        if (closed) {
            schema.put("additionalProperties", false);
        }
        describe(schema, record.getAnnotation(Described.class));
    }

    private void add(ObjectNode properties, ArrayNode required, Class<?> record, boolean closed) {
        boolean nullsToo = nullsToo(record.getAnnotation(JsonInclude.class));
        for (RecordComponent component : record.getRecordComponents()) {
            if (component.getAccessor().isAnnotationPresent(JsonUnwrapped.class)) {
                add(properties, required, component.getType(), closed);
                continue;
            }
            String name = name(component);
            ObjectNode schema = of(component.getAnnotatedType(), closed);
            describe(schema, component.getAnnotation(Described.class));
            boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
            boolean always = nullsToo || nullsToo(component.getAccessor().getAnnotation(JsonInclude.class));
            if (!nullable || always) {
                required.add(name);
            }
            properties.set(name, nullable && (always || closed) ? orNull(schema) : schema);
        }
    }

    private static void describe(ObjectNode schema, @Nullable Described described) {
        if (described != null) {
            schema.setAll((ObjectNode) Json.MAPPER.readTree(described.schema()));
            if (!described.value().isEmpty()) {
                schema.put("description", described.value());
            }
        }
    }

    private static boolean nullsToo(@Nullable JsonInclude include) {
        return include != null && include.value() == JsonInclude.Include.ALWAYS;
    }

    private static ObjectNode orNull(ObjectNode schema) {
        ObjectNode either = Json.object();
        JsonNode description = schema.remove("description");
        either.putArray("anyOf").add(schema).add(Json.object().put("type", "null"));
        if (description != null) {
            either.set("description", description);
        }
        return either;
    }

    private ObjectNode of(AnnotatedType annotated, boolean closed) {
        Type type = annotated.getType();
        if (type instanceof ParameterizedType parameterized) {
            AnnotatedType[] arguments = ((AnnotatedParameterizedType) annotated).getAnnotatedActualTypeArguments();
            Class<?> raw = (Class<?>) parameterized.getRawType();
            if (Map.class.isAssignableFrom(raw)) {
                ObjectNode map = Json.object().put("type", "object");
                map.set("additionalProperties", of(arguments[1], closed));
                return map;
            }
            if (Collection.class.isAssignableFrom(raw)) {
                ObjectNode list = Json.object().put("type", "array");
                list.set("items", of(arguments[0], closed));
                return list;
            }
        }
        if (type instanceof Class<?> plain) {
            return of(plain, closed);
        }
        throw new IllegalStateException("no schema is known of " + type);
    }

    private ObjectNode of(Class<?> type, boolean closed) {
        if (type.isRecord()) {
            RecordComponent[] components = type.getRecordComponents();
            boolean isValue =
                    components.length == 1 && components[0].getAccessor().isAnnotationPresent(JsonValue.class);
            if (!isValue) {
                return reference(type, closed);
            }
            return components[0].getType() == long.class ? id() : of(components[0].getType(), closed);
        }
        if (type.isEnum()) {
            ObjectNode words = Json.object().put("type", "string");
            ArrayNode values = words.putArray("enum");
            for (Object constant : type.getEnumConstants()) {
                values.add(Json.MAPPER.valueToTree(constant).asString());
            }
            return words;
        }
        if (type == String.class) {
            return Json.object().put("type", "string");
        }
        if (type == boolean.class || type == Boolean.class) {
            return Json.object().put("type", "boolean");
        }
        if (type == int.class || type == Integer.class) {
            return Json.object()
                    .put("type", "integer")
                    .put("minimum", Integer.MIN_VALUE)
                    .put("maximum", Integer.MAX_VALUE);
        }
        if (type == long.class || type == Long.class) {
            return Json.object().put("type", "integer").put("format", "int64");
        }
        if (type == double.class || type == Double.class || type == Float.class) {
            return Json.object().put("type", "number");
        }
        if (JsonNode.class.isAssignableFrom(type)) {
            return Json.object();
        }
        throw new IllegalStateException("no schema is known of " + type);
    }
}
