package io.millrace.sandbox.oracle;

import io.millrace.common.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What the topics of a run have said, kept small: their owners delete records, so it follows them from the start. Pure;
 * one owner.
 */
final class TopicAccount {
    /** Topics it wants to see, without the run's prefix. */
    static final List<String> TOPICS = List.of("prompts", "prompts.urgent", "results", "receipts", "steps");

    /** How often each index was issued as a new group. */
    final TreeMap<Long, Integer> issued = new TreeMap<>();
    /** Attempts after the first, in order, by group. */
    final Map<Long, List<Long>> reissued = new HashMap<>();

    final Map<Long, List<SeenResult>> results = new HashMap<>();
    final Map<Long, Integer> markers = new HashMap<>();
    final Map<String, Long> receipts = new TreeMap<>();
    final Steps steps = new Steps();
    final List<Finding> unread = new ArrayList<>();

    void take(SeenRecord record) {
        try {
            switch (record.topic()) {
                case "prompts" -> issue(record);
                case "prompts.urgent" -> reissue(record);
                case "results" -> result(record);
                case "receipts" ->
                    receipts.merge(json(record).path("outcome").path("type").asString("unknown"), 1L, Long::sum);
                case "steps" -> {
                    if (!steps.take(json(record))) {
                        unread(record, "unknown type");
                    }
                }
                default -> unread(record, "unknown topic");
            }
        } catch (JacksonException | SeenResult.UnreadableException e) {
            unread(record, String.valueOf(e.getMessage()));
        }
    }

    void unread(SeenRecord record, String why) {
        unread.add(new Finding(Finding.Kind.UNREAD, record.position() + ": " + why));
    }

    private static JsonNode json(SeenRecord record) {
        byte[] value = record.value();
        return Json.MAPPER.readTree(value == null ? new byte[0] : value);
    }

    private void issue(SeenRecord record) {
        JsonNode task = json(record);
        if (task.path("attempt").asLong(-1) != 1) {
            unread(record, "attempt " + task.path("attempt") + " on the lane of new groups");
        }
        issued.merge(task.path("group_index").longValue(), 1, Integer::sum);
    }

    private void reissue(SeenRecord record) {
        JsonNode task = json(record);
        reissued.computeIfAbsent(task.path("group_index").longValue(), index -> new ArrayList<>())
                .add(task.path("attempt").longValue());
    }

    private void result(SeenRecord record) throws SeenResult.UnreadableException {
        byte[] value = record.value();
        switch (record.headers().getOrDefault("millrace-type", "none")) {
            case "group" -> {
                SeenResult result =
                        SeenResult.read(record.partition(), record.offset(), value == null ? new byte[0] : value);
                results.computeIfAbsent(result.groupIndex(), index -> new ArrayList<>())
                        .add(result);
            }
            case "abandoned" -> markers.merge(json(record).path("group_index").longValue(), 1, Integer::sum);
            default -> unread(record, "neither a whole group nor a marker");
        }
    }
}
