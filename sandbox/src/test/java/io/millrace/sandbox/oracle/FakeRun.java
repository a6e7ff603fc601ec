package io.millrace.sandbox.oracle;

import io.millrace.common.json.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The records and the journal of a small run: steps of two groups of one sample. Each call adds what it says. */
final class FakeRun {
    final TopicAccount topics = new TopicAccount();
    private final List<String> journal = new ArrayList<>();
    private long offset;

    private void add(String topic, Map<String, String> headers, byte[] value) {
        topics.take(new SeenRecord(topic, 0, offset++, null, headers, value));
    }

    private void add(String topic, ObjectNode value) {
        add(topic, Map.of(), Json.MAPPER.writeValueAsBytes(value));
    }

    FakeRun issue(long... groups) {
        for (long group : groups) {
            add("prompts", Json.object().put("group_index", group).put("attempt", 1));
        }
        return this;
    }

    FakeRun reissue(long group, long attempt) {
        add("prompts.urgent", Json.object().put("group_index", group).put("attempt", attempt));
        return this;
    }

    /** @return the offset it got */
    long result(long group, long attempt, int token) {
        add("results", Map.of("millrace-type", "group"), blob(group, attempt, token));
        return offset - 1;
    }

    FakeRun marker(long group) {
        add(
                "results",
                Map.of("millrace-type", "abandoned"),
                Json.MAPPER.writeValueAsBytes(Json.object().put("group_index", group)));
        return this;
    }

    FakeRun garbage() {
        add("results", Map.of("millrace-type", "group"), new byte[] {1, 2, 3});
        return this;
    }

    FakeRun lease(long step, long[] groups, long[] offsets) {
        ObjectNode lease = step("lease", step);
        ArrayNode entries = lease.putArray("groups");
        for (int i = 0; i < groups.length; i++) {
            ObjectNode entry = entries.addObject();
            entry.put("group_index", groups[i]).put("attempt", 1).put("partition", 0);
            entry.putArray("offsets").add(offsets[i]);
        }
        add("steps", lease);
        return this;
    }

    FakeRun acknowledge(long step) {
        add("steps", step("acknowledgement", step));
        return this;
    }

    FakeRun discard(long group) {
        add(
                "steps",
                Json.object().put("type", "discard").put("group_index", group).put("reason", "stale"));
        return this;
    }

    FakeRun abandon(long group) {
        add(
                "steps",
                Json.object()
                        .put("type", "abandonment")
                        .put("group_index", group)
                        .put("cause", "failed"));
        return this;
    }

    private static ObjectNode step(String type, long step) {
        return Json.object().put("type", type).put("lineage", 0).put("step", step);
    }

    /** @param tokens one of each group, which decides its digest */
    FakeRun received(long step, long[] groups, int[] tokens) throws Exception {
        ObjectNode line = step("received", step);
        ArrayNode entries = line.putArray("groups");
        for (int i = 0; i < groups.length; i++) {
            entries.addObject()
                    .put("index", groups[i])
                    .put("samples", 1)
                    .put(
                            "digest",
                            HexFormat.of()
                                    .formatHex(
                                            MessageDigest.getInstance("SHA-256").digest(tensors(tokens[i]))));
        }
        journal.add(line.toString());
        return this;
    }

    FakeRun journal(String type, long step) {
        journal.add(step(type, step).toString());
        return this;
    }

    FakeRun torn() {
        journal.add("{\"type\":\"rece");
        return this;
    }

    /** A whole step of two groups, from issue to acknowledgement. */
    FakeRun trained(long step, long first) throws Exception {
        issue(first, first + 1);
        long[] groups = {first, first + 1};
        long[] offsets = {result(first, 1, 7), result(first + 1, 1, 8)};
        lease(step, groups, offsets).received(step, groups, new int[] {7, 8});
        return journal("acknowledging", step).acknowledge(step).journal("acknowledged", step);
    }

    Verdict judge(Path folder) throws Exception {
        Path file = folder.resolve("journal.jsonl");
        Files.write(file, journal);
        return new Judge(topics, TrainerAccount.read(file), EngineAccount.read(List.of(folder.resolve("engine"))), 2, 1)
                .judge();
    }

    /** One token, one log-probability, one mask value. */
    private static byte[] tensors(int token) {
        return ByteBuffer.allocate(9)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(token)
                .putFloat(-0.5f)
                .put((byte) 1)
                .array();
    }

    private static byte[] blob(long group, long attempt, int token) {
        String metadata = "{\\\"group_index\\\":" + group + ",\\\"attempt\\\":" + attempt
                + ",\\\"samples\\\":[{\\\"index\\\":0}]}";
        byte[] table = ("{\"__metadata__\":{\"millrace\":\"" + metadata + "\"},"
                        + "\"tokens\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"log_probs\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]},"
                        + "\"loss_mask\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]}}")
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + table.length + 9)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(table.length)
                .put(table)
                .put(tensors(token))
                .array();
    }
}
