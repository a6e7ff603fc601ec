package io.millrace.trainer.serve;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.millrace.common.json.Json;
import io.millrace.trainer.api.Described;
import io.millrace.trainer.api.Schemas;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.type.LogicalType;

/**
 * Reads the bodies of requests as records; whatever is wrong with one is answered with 400 or 413: an unknown key or one
 * that is given twice, a number for a text, a value out of its range. Stateless.
 */
final class Bodies {
    /** A body is a handful of words and numbers. */
    private static final int BODY_BYTES_MAX = 64 << 10;

    /** What a message repeats of a body, in characters; the whole could be all of it. */
    private static final int SHOWN_MAX = 100;

    /** A misspelt version would go unnoticed until no step can be filled; of a key given twice nobody can say which is meant. */
    private static final JsonMapper MAPPER = Json.MAPPER
            .rebuild()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    /** Up to here every whole number has a floating-point one. */
    private static final double WHOLE_MAX = 1L << 53;

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    private Bodies() {}

    /** The body as such a record; an empty one is as good as an empty object. */
    static <T> T read(ServerRequest request, Class<T> type) {
        return read(bytes(request), type);
    }

    static <T> T read(byte[] body, Class<T> type) {
        JsonNode tree;
        try {
            tree = body.length == 0 ? Json.object() : MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw bad("the body is no JSON, or has a key twice: " + shown(e.getOriginalMessage()));
        }
        if (!tree.isObject()) {
            throw bad("the body must be a JSON object");
        }
        try {
            T value = MAPPER.treeToValue(whole(tree), type);
            check(value);
            return value;
        } catch (UnrecognizedPropertyException e) {
            List<Object> known = new ArrayList<>(Objects.requireNonNullElse(e.getKnownPropertyIds(), List.of()));
            throw bad("unknown key '" + shown(e.getPropertyName()) + "' in the body, known are " + known);
        } catch (DatabindException e) {
            throw bad(refusal(e, tree));
        } catch (JacksonException e) {
            throw bad(shown(e.getOriginalMessage()));
        }
    }

    /** 3.0 is a whole number in JSON, as its schemas have it, and what some languages write. */
    private static JsonNode whole(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(property -> property.setValue(whole(property.getValue())));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, whole(array.get(i)));
            }
        } else if (node.isFloatingPointNumber()) {
            double value = node.doubleValue();
            if (value == Math.rint(value) && Math.abs(value) <= WHOLE_MAX) {
                return LongNode.valueOf((long) value);
            }
        }
        return node;
    }

    private static String refusal(DatabindException e, JsonNode tree) {
        JsonNode value = tree;
        String name = "the body";
        for (JacksonException.Reference step : e.getPath()) {
            value = step.getPropertyName() == null ? value.path(step.getIndex()) : value.path(step.getPropertyName());
            name = step.getPropertyName() == null ? name : step.getPropertyName();
        }
        return name + " must be " + kind(target(e)) + ", was " + shown(value);
    }

    private static @Nullable Class<?> target(DatabindException e) {
        return switch (e) {
            case MismatchedInputException mismatched -> mismatched.getTargetType();
            case ValueInstantiationException refused -> refused.getType().getRawClass();
            default -> null;
        };
    }

    private static String kind(@Nullable Class<?> type) {
        if (type == null || type == String.class) {
            return "a text";
        }
        if (type.isEnum()) {
            return "one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(constant -> Json.MAPPER.valueToTree(constant).asString())
                            .collect(Collectors.joining(", "));
        }
        if (List.class.isAssignableFrom(type)) {
            return "a list of objects";
        }
        if (type == Double.class || type == double.class) {
            return "a number";
        }
        return Number.class.isAssignableFrom(type) || type.isPrimitive() || isId(type)
                ? "a whole number of 0 or more"
                : "an object";
    }

    /** An id, such as a step's. */
    private static boolean isId(Class<?> type) {
        return type.isRecord()
                && type.getRecordComponents().length == 1
                && type.getRecordComponents()[0].getType().isPrimitive();
    }

    /** That all is given which is not {@code @Nullable}, and no id so large that there is none after it. */
    private static void check(Object value) {
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            String name = Schemas.name(component);
            Object part = part(value, component);
            if (part == null) {
                if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                    Described described = component.getAnnotation(Described.class);
                    throw bad(name + " must be given" + (described == null ? "" : ": " + described.value()));
                }
            } else if (part instanceof List<?> list) {
                for (Object one : list) {
                    if (one == null) {
                        throw bad(name + " must be a list of objects, has null");
                    }
                    check(one);
                }
            } else if (isId(part.getClass())) {
                if (part(part, part.getClass().getRecordComponents()[0]) instanceof Long id && id > Schemas.ID_MAX) {
                    throw bad(name + " must be a whole number from 0 to " + Schemas.ID_MAX + ", was " + id);
                }
            }
        }
    }

    private static @Nullable Object part(Object value, RecordComponent component) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the body's record cannot be read", e);
        }
    }

    /** A whole number from the address. */
    static long number(String name, String text, long max) {
        if (!NUMBER.matcher(text).matches() || Long.parseLong(text) > max) {
            throw bad(name + " must be a whole number from 0" + (max == Schemas.ID_MAX ? "" : " to " + max) + ", was '"
                    + shown(text) + "'");
        }
        return Long.parseLong(text);
    }

    private static byte[] bytes(ServerRequest request) {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        try (InputStream in = request.content().inputStream()) {
            byte[] body = in.readNBytes(BODY_BYTES_MAX + 1);
            if (body.length > BODY_BYTES_MAX) {
                throw new HttpException(
                        "the body is larger than " + BODY_BYTES_MAX + " bytes", Status.REQUEST_ENTITY_TOO_LARGE_413);
            }
            return body;
        } catch (DataReader.InsufficientDataAvailableException e) {
            throw bad("the body is shorter than it was said to be");
        } catch (IOException | UncheckedIOException | RequestException e) {
            throw bad("the body cannot be read: " + shown(e.getMessage()));
        }
    }

    /**
     * The parameters of the address, each at most once and none but these: a misspelt or doubled one would be passed over
     * without a word.
     */
    static Map<String, String> query(ServerRequest request, Set<String> known) {
        Map<String, String> values = new HashMap<>();
        for (String name : request.query().names()) {
            if (!known.contains(name)) {
                throw bad("unknown parameter '" + shown(name) + "', known are " + known);
            }
            List<String> given = request.query().all(name);
            if (given.size() != 1) {
                throw bad("parameter " + name + " is given " + given.size() + " times");
            }
            values.put(name, given.getFirst());
        }
        return values;
    }

    private static String shown(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + " ...";
    }

    static HttpException bad(String message) {
        return new HttpException(message, Status.BAD_REQUEST_400);
    }
}
