package io.millrace.common.json;

import com.fasterxml.jackson.annotation.JsonInclude;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.EnumNamingStrategies;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The one JSON mapper: snake_case names, those of enums too, nulls left out, unknown fields ignored. Immutable, so safe for all threads. */
public final class Json {
    /** Shared by all; never reconfigured. */
    public static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enumNamingStrategy(EnumNamingStrategies.SNAKE_CASE)
            .changeDefaultPropertyInclusion(value -> value.withValueInclusion(JsonInclude.Include.NON_NULL))
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** For what must be whole: a record's component that is not {@code @Nullable} must be given. */
    public static final JsonMapper STRICT =
            MAPPER.rebuild().annotationIntrospector(new NullableIntrospector()).build();

    private Json() {}

    /** As {@link #STRICT}, but that a component of this type is neither written nor asked for. */
    public static JsonMapper leavingOut(Class<? extends Record> type, String component) {
        return MAPPER.rebuild()
                .annotationIntrospector(new NullableIntrospector(type, component))
                .build();
    }

    /** A new empty object. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** A value's fields behind {@code v}, the version of their form. */
    public static ObjectNode form(Object value, int version) {
        ObjectNode form = object();
        form.put("v", version);
        form.setAll((ObjectNode) MAPPER.valueToTree(value));
        return form;
    }

    /**
     * The value of such a form.
     *
     * @throws NewerRecordException when it is of a later version
     * @throws BadRecordException when it is no JSON object of this version and type, or a value in it is out of range
     */
    public static <T> T value(JsonNode form, int version, Class<T> type) throws BadRecordException {
        if (!form.isObject()) {
            throw new BadRecordException(type.getSimpleName() + " is no JSON object");
        }
        JsonNode of = form.path("v");
        if (!of.isInt() || of.intValue() != version) {
            String reason = type.getSimpleName() + " has version " + of + ", this reader knows " + version;
            throw of.isInt() && of.intValue() > version
                    ? new NewerRecordException(reason)
                    : new BadRecordException(reason);
        }
        try {
            return STRICT.treeToValue(form, type);
        } catch (JacksonException e) {
            throw malformed(type, e);
        }
    }

    /** The bytes of a value of this type are no JSON, or not its own. */
    public static BadRecordException malformed(Class<?> type, JacksonException e) {
        return new BadRecordException(type.getSimpleName() + " is malformed: " + e.getOriginalMessage(), e);
    }
}
