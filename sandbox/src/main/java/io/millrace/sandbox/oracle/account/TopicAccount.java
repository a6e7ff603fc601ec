package io.millrace.sandbox.oracle.account;

import io.millrace.common.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the topics of a run have said, kept small: their owners delete records, so it follows them from the start. What
 * a broker has lost with the end of a log is taken back ({@link #vanished}); {@link #settle} adds up the rest. Pure; one
 * owner.
 */
public final class TopicAccount {
    private static final String RESULTS = "results";
    private static final String EVAL_RESULTS = "eval-results";

    /** Topics it wants to see, without the run's prefix. */
    public static final List<String> TOPICS =
            List.of("prompts", "prompts.urgent", RESULTS, "receipts", "steps", "evals", EVAL_RESULTS);

    private record Place(String topic, int partition) {}

    /** What a record says once it counts, by where it stands. */
    private final Map<Place, TreeMap<Long, Runnable>> said = new HashMap<>();

    private final ResultParts parts = new ResultParts();

    /** How often each index was issued as a new group. */
    public final TreeMap<Long, Integer> issued = new TreeMap<>();
    /** Attempts after the first, in order, by group. */
    public final Map<Long, List<Long>> reissued = new HashMap<>();

    public final Map<Long, List<SeenResult>> results = new HashMap<>();
    /** Results that stood on the topic until the broker lost them. */
    public final Map<Long, List<SeenResult>> vanished = new HashMap<>();

    /** Groups with an abandoned marker; who read one that the broker has lost since was right to take it. */
    public final Set<Long> markers = new HashSet<>();

    public final Steps steps = new Steps();
    public final Evaluations evaluations = new Evaluations();
    public final List<Finding> unread = new ArrayList<>();
    /** Groups that came in more than one record. */
    public long inParts;
    /** Records that the run wrote as an enemy. */
    public long hostile;
    /** Times that the end of a log was lost. */
    public long tailsLost;

    public void take(SeenRecord record) {
        if (record.hostile()) {
            hostile++;
            return;
        }
        try {
            switch (record.topic()) {
                case "prompts" -> issue(record);
                case "prompts.urgent" -> later(record, this::reissue);
                case RESULTS -> result(record);
                // Only that they can be read.
                case "receipts" -> {
                    var _ = json(record);
                }
                case "steps" -> step(record);
                case "evals" -> evaluation(record);
                case EVAL_RESULTS -> evalResult(record);
                default -> unread(record, "unknown topic");
            }
        } catch (JacksonException | NumberFormatException | SeenResult.UnreadableException e) {
            unread(record, String.valueOf(e.getMessage()));
        }
    }

    public void unread(SeenRecord record, String why) {
        unread.add(new Finding(Finding.Kind.UNREAD, record.position() + ": " + why));
    }

    /** The broker has lost the records of a partition from this offset on; others will stand there. */
    public void vanished(String topic, int partition, long fromOffset) {
        tailsLost++;
        TreeMap<Long, Runnable> there = said.get(new Place(topic, partition));
        if (there != null) {
            there.tailMap(fromOffset, true).clear();
        }
        if (topic.equals(EVAL_RESULTS)) {
            evaluations.vanished(partition, fromOffset);
        }
        if (topic.equals(RESULTS)) {
            parts.vanished(partition, fromOffset);
            results.forEach((group, all) -> all.removeIf(result -> {
                boolean gone = result.partition() == partition && result.lastOffset() >= fromOffset;
                if (gone) {
                    vanished.computeIfAbsent(group, index -> new ArrayList<>()).add(result);
                }
                return gone;
            }));
            results.values().removeIf(List::isEmpty);
        }
    }

    /** Adds up what stands; once, at the end. */
    public void settle() {
        said.values().forEach(records -> records.values().forEach(Runnable::run));
        said.clear();
    }

    private static JsonNode json(SeenRecord record) {
        byte[] value = record.value();
        return Json.MAPPER.readTree(value == null ? new byte[0] : value);
    }

    private void later(SeenRecord record, Consumer<JsonNode> meaning) {
        JsonNode json = json(record);
        if (json.has("prompt")) {
            // Texts are long, and nobody asks for them.
            ((ObjectNode) json).remove(List.of("prompt", "metadata", "label", "past"));
        }
        later(record, () -> meaning.accept(json));
    }

    private void later(SeenRecord record, Runnable meaning) {
        said.computeIfAbsent(new Place(record.topic(), record.partition()), place -> new TreeMap<>())
                .put(record.offset(), meaning);
    }

    private void issue(SeenRecord record) {
        later(record, task -> {
            if (task.path("attempt").asLong(-1) != 1) {
                unread(record, "attempt " + task.path("attempt") + " on the lane of new groups");
            }
            issued.merge(task.path("group_index").asLong(-1), 1, Integer::sum);
        });
    }

    private void reissue(JsonNode task) {
        reissued.computeIfAbsent(task.path("group_index").asLong(-1), index -> new ArrayList<>())
                .add(task.path("attempt").asLong(-1));
    }

    private void step(SeenRecord record) {
        JsonNode json = json(record);
        if (!Steps.TYPES.contains(json.path("type").asString(""))) {
            unread(record, "unknown type");
        }
        if (!json.path("type").asString("").equals("snapshot")) {
            later(record, () -> steps.take(json));
        }
    }

    private void evaluation(SeenRecord record) {
        JsonNode json = json(record);
        if (!Evaluations.TYPES.contains(json.path("type").asString(""))) {
            unread(record, "unknown type");
        }
        later(record, () -> evaluations.take(json));
    }

    private void evalResult(SeenRecord record) {
        String part = record.headers().getOrDefault("millrace-part", "1/1");
        String type = record.headers().getOrDefault("millrace-type", "none");
        String group = record.key();
        if (group != null && !type.equals("abandoned")) {
            evaluations.result(
                    record.partition(),
                    record.offset(),
                    Long.parseLong(group),
                    Long.parseLong(record.headers().getOrDefault("millrace-attempt", "-1")),
                    part.startsWith("1/"));
        }
    }

    private void result(SeenRecord record) throws SeenResult.UnreadableException {
        byte[] value = record.value();
        switch (record.headers().getOrDefault("millrace-type", "none")) {
            case "group" ->
                add(SeenResult.read(
                        record.partition(),
                        List.of(record.offset()),
                        record.timestampMs(),
                        value == null ? new byte[0] : value));
            case "part" ->
                parts.take(record).ifPresent(result -> {
                    inParts++;
                    add(result);
                });
            case "abandoned" -> markers.add(json(record).path("group_index").asLong(-1));
            default -> unread(record, "neither a group, nor a part of one, nor a marker");
        }
    }

    private void add(SeenResult result) {
        results.computeIfAbsent(result.groupIndex(), index -> new ArrayList<>()).add(result);
    }
}
