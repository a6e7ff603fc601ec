package io.millrace.trainer.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What may be asked at one path with one method. Routes are made of these, requests and answers held against them, and
 * the document written from them, so that none of the three says what the others do not. Immutable.
 *
 * @param id names it, for those who make programs of the document
 * @param body of the request; null where it has none
 */
public record Operation(
        String method,
        String path,
        String id,
        String summary,
        List<Parameter> parameters,
        @Nullable Class<? extends Record> body,
        List<Answer> answers) {
    /** Why any operation may be refused, by status; what an operation says of its own comes first. */
    private static final Map<Integer, String> WHY = Map.of(
            400, "The request is wrong: a value that is missing, unknown, given twice or out of its range.",
            401, "The server asks for a token, and the request shows none that it knows.",
            403,
                    "The request comes from another site's page, names a host that is not this server, or would change"
                            + " something with a token that only reads.",
            404, "There is none of this name.",
            409, "It does not fit how the run stands, which the answer says. Nothing has changed.",
            413, "The body is too large.",
            415, "The content type is not application/json, which is asked for with and without a body.",
            429, "There are too many already.",
            503, "Not now: no broker answers, or too many ask. The same may be asked again.");

    public Operation {
        parameters = List.copyOf(parameters);
        answers = List.copyOf(answers);
    }

    public static Operation get(String path, String id, String summary) {
        return new Operation("get", path, id, summary, List.of(), null, List.of())
                .refuses(400)
                .refuses(401)
                .refuses(403);
    }

    public static Operation post(String path, String id, String summary) {
        return changing("post", path, id, summary);
    }

    public static Operation delete(String path, String id, String summary) {
        return changing("delete", path, id, summary);
    }

    private static Operation changing(String method, String path, String id, String summary) {
        return new Operation(method, path, id, summary, List.of(), null, List.of())
                .refuses(400)
                .refuses(401)
                .refuses(403)
                .refuses(415)
                .body(Nothing.class);
    }

    /** The body of an operation that needs none: its content type is asked for all the same. */
    @Described("Nothing needs to be said; the content type application/json does.")
    public record Nothing() {}

    /** With a part of its path. */
    public Operation path(String name, ObjectNode schema, String description) {
        return with(new Parameter(name, Parameter.Place.PATH, true, schema, description));
    }

    /** With a parameter that may be left out. */
    public Operation query(String name, ObjectNode schema, String description) {
        return with(new Parameter(name, Parameter.Place.QUERY, false, schema, description));
    }

    /** With a parameter that must be given. */
    public Operation needs(String name, ObjectNode schema, String description) {
        return with(new Parameter(name, Parameter.Place.QUERY, true, schema, description));
    }

    private Operation with(Parameter parameter) {
        List<Parameter> more = new ArrayList<>(parameters);
        more.add(parameter);
        return new Operation(method, path, id, summary, more, body, answers);
    }

    /** With a body: an object of this form, closed. */
    public Operation body(Class<? extends Record> type) {
        return new Operation(method, path, id, summary, parameters, type, answers).refuses(413);
    }

    /** Answered so with this record. */
    public Operation answers(int status, Class<?> type, String description) {
        return with(new Answer(status, description, Map.of(Answer.JSON, type)));
    }

    /** Answered so, with a content of another type too. */
    public Operation answers(int status, String contentType, @Nullable Class<?> type, String description) {
        Map<String, @Nullable Class<?>> content = new HashMap<>();
        answers.stream()
                .filter(answer -> answer.status() == status)
                .forEach(answer -> content.putAll(answer.content()));
        content.put(contentType, type);
        return with(new Answer(status, description, content));
    }

    /** Refused with this status, for the usual reason. */
    public Operation refuses(int status) {
        String why = WHY.get(status);
        if (why == null) {
            throw new IllegalArgumentException("nothing is known of " + status);
        }
        return with(new Answer(status, why, Map.of(Answer.JSON, Refusal.class)));
    }

    private Operation with(Answer answer) {
        List<Answer> others = new ArrayList<>(answers);
        others.removeIf(other -> other.status() == answer.status());
        others.add(answer);
        return new Operation(method, path, id, summary, parameters, body, others);
    }

    /** Names of what may stand behind the question mark. */
    public Set<String> queryNames() {
        Set<String> names = new TreeSet<>();
        parameters.stream()
                .filter(parameter -> parameter.in() == Parameter.Place.QUERY)
                .forEach(parameter -> names.add(parameter.name()));
        return names;
    }

    /**
     * Holds an answer against what was declared.
     *
     * @param type null where the content is no record
     * @throws IllegalStateException when it was not
     */
    public void check(int status, String contentType, @Nullable Class<?> type) {
        boolean declared = answers.stream()
                .anyMatch(answer -> answer.status() == status
                        && answer.content().containsKey(contentType)
                        && answer.content().get(contentType) == type);
        if (!declared) {
            throw new IllegalStateException(
                    id + " does not say that it answers " + status + " " + contentType + " " + type);
        }
    }
}
