package io.millrace.trainer.serve;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.millrace.common.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ObjectNode;

/** Reads the bodies of requests; whatever is wrong with one is answered with 400 or 413. Stateless. */
final class Forms {
    /** A form is a handful of words and numbers. */
    private static final int BODY_BYTES_MAX = 64 << 10;

    /** What a message repeats of a body, in characters; the whole could be all of it. */
    private static final int SHOWN_MAX = 100;

    /** Of a key given twice nobody can say which one was meant. */
    private static final ObjectReader READER =
            Json.MAPPER.readerFor(JsonNode.class).with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    private Forms() {}

    /** The body as text; an empty one is as good as an empty object. */
    static byte[] body(ServerRequest request) {
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
    static Map<String, String> query(ServerRequest request, List<String> known) {
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

    /** The body as an object with no other keys than these. */
    static ObjectNode form(byte[] body, List<String> known) {
        if (body.length == 0) {
            return Json.object();
        }
        JsonNode form;
        try {
            form = READER.readTree(body);
        } catch (JacksonException e) {
            throw bad("the body is no JSON, or has a key twice: " + shown(e.getOriginalMessage()));
        }
        return known(form, known);
    }

    /** An object of the body with no other keys than these. */
    static ObjectNode known(JsonNode node, List<String> known) {
        if (!(node instanceof ObjectNode object)) {
            throw bad("the body must be a JSON object with keys of " + known);
        }
        for (String key : object.propertyNames()) {
            // A misspelt version would go unnoticed until no step can be filled.
            if (!known.contains(key)) {
                throw bad("unknown key '" + shown(key) + "' in the body, known are " + known);
            }
        }
        return object;
    }

    static @Nullable Long number(ObjectNode form, String key) {
        JsonNode value = form.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
            throw bad(key + " must be a whole number of 0 or more, was " + shown(value));
        }
        return value.longValue();
    }

    static @Nullable Integer whole(ObjectNode form, String key) {
        JsonNode value = form.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw bad(key + " must be a whole number, was " + shown(value));
        }
        return value.intValue();
    }

    static @Nullable Double decimal(ObjectNode form, String key) {
        JsonNode value = form.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isNumber()) {
            throw bad(key + " must be a number, was " + shown(value));
        }
        return value.doubleValue();
    }

    private static String shown(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + " ...";
    }

    static HttpException bad(String message) {
        return new HttpException(message, Status.BAD_REQUEST_400);
    }
}
