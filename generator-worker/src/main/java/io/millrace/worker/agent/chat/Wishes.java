package io.millrace.worker.agent.chat;

import static java.util.Objects.requireNonNullElse;

import io.millrace.common.record.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How an agent wants one completion drawn, and told.
 *
 * @param maxTokens null for no wish
 * @param stop strings that end it, beside the task's
 * @param temperature null for no wish
 * @param topP null for no wish
 * @param stream whether as events
 * @param streamUsage whether those end with the usage
 */
public record Wishes(
        @Nullable Integer maxTokens,
        List<String> stop,
        @Nullable Double temperature,
        @Nullable Double topP,
        boolean stream,
        boolean streamUsage) {
    private static final int STOPS_MAX = 16;

    public Wishes {
        stop = List.copyOf(stop);
    }

    /** @throws ApiError when it asks for what is not there, or is out of range */
    static Wishes read(JsonNode body) throws ApiError {
        JsonNode n = body.path("n");
        if (n.isNumber() && n.intValue() != 1) {
            throw ApiError.bad("n must be 1, was " + n + ": ask as often as you want answers");
        }
        if (body.path("logprobs").asBoolean(false) || body.path("logprobs").isNumber()) {
            throw ApiError.bad("logprobs are recorded for the trainer and not told");
        }
        String format = body.path("response_format").path("type").asString("text");
        if (!format.equals("text")) {
            throw ApiError.bad("response_format must be text, was " + ChatMessages.shown(format));
        }
        Integer max = null;
        for (String name : List.of("max_completion_tokens", "max_tokens")) {
            JsonNode given = body.path(name);
            if (max == null && given.isNumber()) {
                if (!given.isInt() || given.intValue() < 1) {
                    throw ApiError.bad(name + " must be 1 or more, was " + given);
                }
                max = given.intValue();
            }
        }
        return new Wishes(
                max,
                stops(body.path("stop")),
                number(body, "temperature"),
                number(body, "top_p"),
                body.path("stream").asBoolean(false),
                body.path("stream_options").path("include_usage").asBoolean(false));
    }

    private static List<String> stops(JsonNode stop) throws ApiError {
        List<String> stops = new ArrayList<>();
        if (stop.isString()) {
            stops.add(stop.stringValue());
        }
        for (JsonNode one : stop.isArray() ? stop : List.<JsonNode>of()) {
            stops.add(one.asString(""));
        }
        if (stops.size() > STOPS_MAX || stops.stream().anyMatch(String::isEmpty)) {
            throw ApiError.bad("stop must be a text or up to " + STOPS_MAX + " of them, none empty");
        }
        return stops;
    }

    private static @Nullable Double number(JsonNode body, String name) throws ApiError {
        JsonNode given = body.path(name);
        if (given.isMissingNode() || given.isNull()) {
            return null;
        }
        if (!given.isNumber()) {
            throw ApiError.bad(name + " must be a number, was " + ChatMessages.shown(given.toString()));
        }
        return given.doubleValue();
    }

    /**
     * The task's parameters with these wishes: fewer tokens and more stop strings always, temperature and top_p where the
     * agent may.
     *
     * @throws ApiError when a wish is out of range
     */
    public SamplingParams params(SamplingParams task, boolean agentsChoice) throws ApiError {
        List<String> stops = new ArrayList<>(task.stop());
        stops.addAll(stop);
        int most = task.maxNewTokens();
        double drawnTemperature =
                agentsChoice ? requireNonNullElse(temperature, task.temperature()) : task.temperature();
        double drawnTopP = agentsChoice ? requireNonNullElse(topP, task.topP()) : task.topP();
        try {
            return task.drawn(drawnTemperature, drawnTopP, Math.min(most, requireNonNullElse(maxTokens, most)), stops);
        } catch (IllegalArgumentException e) {
            throw ApiError.bad(String.valueOf(e.getMessage()));
        }
    }
}
