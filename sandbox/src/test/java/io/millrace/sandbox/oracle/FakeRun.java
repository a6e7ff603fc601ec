package io.millrace.sandbox.oracle;

import io.millrace.common.json.Json;
import io.millrace.sandbox.oracle.account.EngineAccount;
import io.millrace.sandbox.oracle.account.SeenRecord;
import io.millrace.sandbox.oracle.account.TopicAccount;
import io.millrace.sandbox.oracle.account.TrainerAccount;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The records and the journal of a small run: steps of two groups of one sample. Each call adds what it says. */
final class FakeRun {
    static final long MAX_STALENESS = 2;

    final TopicAccount topics = new TopicAccount();
    Rules rules = new Rules(2, 1, MAX_STALENESS, 3, Set.of(), false);
    private final List<String> journal = new ArrayList<>();
    private long offset;
    private long nowMs = 1_000;
    private long lineage;
    private long weightVersion;
    private long[] versions = {0};
    private String leaseId = "a";

    /** From now on leases have this id. */
    FakeRun leaseId(String now) {
        leaseId = now;
        return this;
    }

    /** From now on it is this lineage. */
    FakeRun lineage(long now) {
        lineage = now;
        return this;
    }

    /** From now on the run is at this version, and tokens are of it. */
    FakeRun version(long now) {
        weightVersion = now;
        return tokensOf(now);
    }

    /** From now on tokens are of these versions. */
    FakeRun tokensOf(long... now) {
        versions = now;
        return this;
    }

    private void add(String topic, @Nullable String key, Map<String, String> headers, byte[] value) {
        topics.take(new SeenRecord(topic, 0, offset++, nowMs++, key, headers, value));
    }

    private FakeRun add(String topic, ObjectNode value) {
        add(topic, null, Map.of(), Json.MAPPER.writeValueAsBytes(value));
        return this;
    }

    FakeRun issue(long... groups) {
        for (long group : groups) {
            add("prompts", Json.object().put("group_index", group).put("attempt", 1));
        }
        return this;
    }

    FakeRun reissue(long group, long attempt) {
        return add("prompts.urgent", Json.object().put("group_index", group).put("attempt", attempt));
    }

    /** @return the offset it got */
    long result(long group, long attempt, int token) {
        add("results", null, Map.of("millrace-type", "group"), blob(group, attempt, token));
        return offset - 1;
    }

    /** @return the offset of the first of two parts */
    long resultInParts(long group, int token) {
        byte[] blob = blob(group, 1, token);
        CRC32C crc = new CRC32C();
        crc.update(blob);
        for (int part = 1; part <= 2; part++) {
            Map<String, String> headers = Map.of(
                    "millrace-type", "part",
                    "millrace-attempt", "1",
                    "millrace-worker", "w",
                    "millrace-incarnation", "i",
                    "millrace-part", part + "/2",
                    "millrace-blob-crc32c", HexFormat.of().toHexDigits((int) crc.getValue()));
            byte[] piece = Arrays.copyOfRange(blob, part == 1 ? 0 : 10, part == 1 ? 10 : blob.length);
            add("results", Long.toString(group), headers, piece);
        }
        return offset - 2;
    }

    FakeRun marker(long group) {
        add(
                "results",
                null,
                Map.of("millrace-type", "abandoned"),
                Json.MAPPER.writeValueAsBytes(Json.object().put("group_index", group)));
        return this;
    }

    FakeRun missing(long group, long attempt, long offset, String reason) {
        ObjectNode record = Json.object()
                .put("type", "missing")
                .put("group_index", group)
                .put("attempt", attempt)
                .put("partition", 0)
                .put("reason", reason);
        record.putArray("offsets").add(offset);
        return add("steps", record);
    }

    FakeRun garbage(Map<String, String> headers) {
        add("results", null, headers, new byte[] {1, 2, 3});
        return this;
    }

    FakeRun lease(long step, long[] groups, long[] offsets) {
        ObjectNode lease = step("lease", step).put("weight_version", weightVersion);
        ArrayNode entries = lease.putArray("groups");
        for (int i = 0; i < groups.length; i++) {
            ObjectNode entry = entries.addObject();
            entry.put("group_index", groups[i]).put("attempt", 1).put("partition", 0);
            entry.putArray("offsets").add(offsets[i]);
        }
        return add("steps", lease);
    }

    FakeRun acknowledge(long step) {
        return add("steps", step("acknowledgement", step).put("new_weight_version", weightVersion));
    }

    FakeRun discard(long group, String reason) {
        return add(
                "steps",
                Json.object()
                        .put("type", "discard")
                        .put("group_index", group)
                        .put("attempt", 1)
                        .put("reason", reason));
    }

    FakeRun abandon(long group) {
        return add(
                "steps",
                Json.object()
                        .put("type", "abandonment")
                        .put("group_index", group)
                        .put("cause", "failed"));
    }

    /** A lineage is opened, and is the present one. */
    FakeRun resume(long opened, long step, long version, long replayBefore) {
        ObjectNode resume = Json.object()
                .put("type", "resume")
                .put("lineage", opened)
                .put("step", step)
                .put("weight_version", version)
                .put("replay_before", replayBefore);
        return lineage(opened).version(version).add("steps", resume);
    }

    /** The same where the trainer only counts its versions anew. */
    FakeRun recount(long opened, long step, long version) {
        ObjectNode resume = Json.object()
                .put("type", "resume")
                .put("lineage", opened)
                .put("step", step)
                .put("weight_version", version)
                .put("replay_before", step)
                .put("weights_go_on", true);
        return lineage(opened).version(version).add("steps", resume).journal("resuming", step);
    }

    FakeRun evaluation(String type, String fields) {
        ObjectNode record = (ObjectNode) Json.MAPPER.readTree("{" + fields + "}");
        return add("evals", record.put("type", type).put("eval_id", "e"));
    }

    FakeRun evaluationResult(long group) {
        var _ = evaluationResult(group, 1);
        return this;
    }

    /** @return the offset it got */
    long evaluationResult(long group, long attempt) {
        add(
                "eval-results",
                Long.toString(group),
                Map.of("millrace-type", "group", "millrace-attempt", Long.toString(attempt)),
                new byte[0]);
        return offset - 1;
    }

    private ObjectNode step(String type, long step) {
        return Json.object()
                .put("type", type)
                .put("lineage", lineage)
                .put("step", step)
                .put("lease_id", leaseId)
                .put("lease", lineage + "-" + step + "-" + leaseId);
    }

    /** @param tokens one of each group, which decides its digest */
    FakeRun received(long step, long[] groups, int[] tokens) throws Exception {
        ObjectNode line = line("received", step);
        ArrayNode entries = line.putArray("groups");
        for (int i = 0; i < groups.length; i++) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(tensors(tokens[i]));
            entries.addObject()
                    .put("index", groups[i])
                    .put("samples", 1)
                    .put("digest", HexFormat.of().formatHex(digest))
                    .put("oldest", weightVersion)
                    .put("newest", weightVersion);
        }
        journal.add(line.toString());
        return this;
    }

    private ObjectNode line(String type, long step) {
        ObjectNode line = step(type, step).put("weight_version", weightVersion).put("at_ms", nowMs);
        line.putArray("groups");
        line.putArray("problems");
        return line;
    }

    FakeRun journal(String type, long step) {
        journal.add(line(type, step).toString());
        return this;
    }

    FakeRun torn() {
        journal.add("{\"type\":\"rece");
        return this;
    }

    /** A whole step of two groups, from issue to acknowledgement. */
    FakeRun trained(long step, long first) throws Exception {
        issue(first, first + 1);
        return trained(step, new long[] {first, first + 1}, result(first, 1, 7), result(first + 1, 1, 8));
    }

    /** The same of two groups with results of the tokens 7 and 8. */
    FakeRun trained(long step, long[] groups, long... offsets) throws Exception {
        lease(step, groups, offsets).received(step, groups, new int[] {7, 8});
        return journal("acknowledging", step).acknowledge(step).journal("acknowledged", step);
    }

    Verdict judge(Path folder) throws Exception {
        Path file = folder.resolve("journal.jsonl");
        Files.write(file, journal);
        return new Judge(
                        topics, TrainerAccount.read(file), EngineAccount.read(List.of(folder.resolve("engine"))), rules)
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

    private byte[] blob(long group, long attempt, int token) {
        String spans = Arrays.stream(versions)
                .mapToObj(version -> "{\"version\":" + version + "}")
                .collect(Collectors.joining(","));
        // One sample, so that rewards never differ.
        byte[] header = ("{\"v\":2,\"group_index\":" + group + ",\"attempt\":" + attempt + ",\"lineage\":" + lineage
                        + ",\"samples\":[{\"index\":0,\"reward\":{\"value\":1},\"weight_versions\":[" + spans
                        + "]}]}")
                .getBytes(StandardCharsets.UTF_8);
        byte[] table = ("{\"__metadata__\":{\"millrace\":\"{\\\"v\\\":2}\"},"
                        + "\"tokens\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"log_probs\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]},"
                        + "\"loss_mask\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]},"
                        + "\"header\":{\"dtype\":\"U8\",\"shape\":[" + header.length + "],\"data_offsets\":[9,"
                        + (9 + header.length) + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + table.length + 9 + header.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(table.length)
                .put(table)
                .put(tensors(token))
                .put(header)
                .array();
    }
}
