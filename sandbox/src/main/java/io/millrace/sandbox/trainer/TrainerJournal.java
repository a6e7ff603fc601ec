package io.millrace.sandbox.trainer;

import io.millrace.common.json.Json;
import io.millrace.common.time.WallClock;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LongSummaryStatistics;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the trainer really received and acknowledged, JSON lines, each on disk before the trainer goes on: a trainer that
 * is killed leaves at most a torn last line, which the next one ends. One owner.
 *
 * <p>A line is {@code received}, with every group of the batch in its order; {@code announcing}, before engines are told
 * of a version; {@code acknowledging}, before the call; {@code acknowledged} or {@code refused}, after its answer; or
 * {@code resuming}, before the trainer goes back to a checkpoint.
 */
final class TrainerJournal implements Closeable {
    /** No channel: an interrupt would close that. */
    private final @Nullable FileOutputStream file;

    private final WallClock clock;

    private TrainerJournal(@Nullable FileOutputStream file, WallClock clock) {
        this.file = file;
        this.clock = clock;
    }

    /** @param file null keeps no journal */
    static TrainerJournal open(@Nullable Path file, WallClock clock) throws IOException {
        if (file == null) {
            return new TrainerJournal(null, clock);
        }
        Path absolute = file.toAbsolutePath();
        Files.createDirectories(absolute.getParent());
        boolean begun = Files.exists(absolute) && Files.size(absolute) > 0;
        FileOutputStream stream = new FileOutputStream(absolute.toFile(), true);
        if (begun) {
            // Ends a line that a kill has torn; after a whole one it is an empty line, which means nothing.
            stream.write('\n');
        }
        return new TrainerJournal(stream, clock);
    }

    void received(TrainerClient.Lease lease, JsonNode batch, BatchCheck.Verdict verdict) throws IOException {
        if (file == null) {
            return;
        }
        ObjectNode line = line("received", lease);
        line.put("weight_version", lease.weightVersion());
        line.put("leased_at_ms", lease.leasedAtMs());
        ArrayNode groups = line.putArray("groups");
        for (JsonNode group : batch.path("groups")) {
            ObjectNode entry = groups.addObject();
            entry.put("index", group.path(0).path("group_index").asLong(-1));
            entry.put("samples", group.size());
            entry.put("digest", GroupDigest.of(group));
            versions(entry, group);
        }
        ArrayNode problems = line.putArray("problems");
        verdict.problems().forEach(problems::add);
        write(line);
    }

    /** The oldest and the newest that the samples name, where they name any. */
    private static void versions(ObjectNode entry, JsonNode group) {
        LongSummaryStatistics versions = new LongSummaryStatistics();
        for (JsonNode sample : group) {
            sample.path("weight_versions").forEach(word -> {
                // A word that is no number, such as SGLang's "default", is of the weights before any update.
                String text = word.asString("");
                versions.accept(text.matches("\\d{1,18}") ? Long.parseLong(text) : 0);
            });
        }
        if (versions.getCount() > 0) {
            entry.put("oldest", versions.getMin());
            entry.put("newest", versions.getMax());
        }
    }

    /** Engines are about to be told of a version. */
    void announcing(long lineage, long weightVersion) throws IOException {
        ObjectNode line = line("announcing");
        line.put("lineage", lineage);
        line.put("weight_version", weightVersion);
        write(line);
    }

    /** About to go back to a checkpoint, which opens this lineage. */
    void resuming(long lineage, long step) throws IOException {
        ObjectNode line = line("resuming");
        line.put("lineage", lineage);
        line.put("step", step);
        write(line);
    }

    /** The step is void: another lineage has begun. */
    void refused(TrainerClient.Lease lease) throws IOException {
        write(line("refused", lease));
    }

    void acknowledging(TrainerClient.Lease lease) throws IOException {
        write(line("acknowledging", lease));
    }

    void acknowledged(TrainerClient.Lease lease) throws IOException {
        write(line("acknowledged", lease));
    }

    private ObjectNode line(String type) {
        return Json.object().put("type", type).put("at_ms", clock.millis());
    }

    private ObjectNode line(String type, TrainerClient.Lease lease) {
        ObjectNode line = line(type);
        line.put("lineage", lease.lineage());
        line.put("step", lease.step());
        line.put("lease", lease.token());
        return line;
    }

    private void write(ObjectNode line) throws IOException {
        FileOutputStream out = file;
        if (out == null) {
            return;
        }
        byte[] json = Json.MAPPER.writeValueAsBytes(line);
        // One write, so that a kill between two does not part a line from its end.
        byte[] whole = Arrays.copyOf(json, json.length + 1);
        whole[json.length] = '\n';
        out.write(whole);
        out.getFD().sync();
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
