package io.millrace.sandbox.trainer;

import io.millrace.common.json.Json;
import io.millrace.common.time.WallClock;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.LongSummaryStatistics;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the trainer really received and acknowledged, a {@link Line} of JSON each, on disk before the trainer goes on: a
 * trainer that is killed leaves at most a torn last line, which the next one ends.
 *
 * @param file null keeps no journal; no channel, since an interrupt would close that
 */
public record TrainerJournal(@Nullable FileOutputStream file, WallClock clock) implements Closeable {
    /**
     * One line.
     *
     * @param lineage that the trainer is in, or is about to open
     * @param step that the line is of; 0 where it is of weights
     * @param lease token of the step; empty where none was leased
     * @param weightVersion at hand-over, or about to be announced; 0 before a resumption
     * @param groups of a received batch, in its order
     * @param problems what the trainer itself found wrong with the batch
     */
    public record Line(
            Type type,
            long atMs,
            long lineage,
            long step,
            String lease,
            long weightVersion,
            List<Group> groups,
            List<String> problems) {
        /** What is said. */
        public enum Type {
            /** A batch has come. */
            RECEIVED,
            /** Engines are about to be told of a version. */
            ANNOUNCING,
            /** The call is about to be made. */
            ACKNOWLEDGING,
            /** The call was answered. */
            ACKNOWLEDGED,
            /** The step is void: another lineage has begun. */
            REFUSED,
            /** The trainer is about to go back to a checkpoint, which opens the lineage. */
            RESUMING
        }

        /**
         * One group as received.
         *
         * @param oldest weight version that made any of its tokens, as the batch says; the hand-over's where none does
         * @param newest the same
         */
        public record Group(long index, int samples, String digest, long oldest, long newest) {}

        public Line {
            groups = List.copyOf(groups);
            problems = List.copyOf(problems);
        }
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

    void received(TrainerClient.Lease lease, JsonNode batch, List<String> problems) throws IOException {
        if (file == null) {
            return;
        }
        List<Line.Group> groups = new ArrayList<>();
        for (JsonNode group : batch.path("groups")) {
            LongSummaryStatistics versions = versions(group);
            boolean told = versions.getCount() > 0;
            groups.add(new Line.Group(
                    group.path(0).path("group_index").asLong(-1),
                    group.size(),
                    GroupDigest.of(group),
                    told ? versions.getMin() : lease.weightVersion(),
                    told ? versions.getMax() : lease.weightVersion()));
        }
        write(
                Line.Type.RECEIVED,
                lease.lineage(),
                lease.step(),
                lease.token(),
                lease.weightVersion(),
                groups,
                problems);
    }

    /** What the samples name, where they name any. */
    private static LongSummaryStatistics versions(JsonNode group) {
        LongSummaryStatistics versions = new LongSummaryStatistics();
        for (JsonNode sample : group) {
            sample.path("weight_versions").forEach(word -> {
                // A word that is no number, such as SGLang's "default", is of the weights before any update.
                String text = word.asString("");
                versions.accept(text.matches("\\d{1,18}") ? Long.parseLong(text) : 0);
            });
        }
        return versions;
    }

    /** Engines are about to be told of a version. */
    void announcing(long lineage, long weightVersion) throws IOException {
        write(Line.Type.ANNOUNCING, lineage, 0, "", weightVersion, List.of(), List.of());
    }

    /** About to go back to a checkpoint, which opens this lineage. */
    void resuming(long lineage, long step) throws IOException {
        write(Line.Type.RESUMING, lineage, step, "", 0, List.of(), List.of());
    }

    /** What becomes of the leased step. */
    void step(Line.Type type, TrainerClient.Lease lease) throws IOException {
        write(type, lease.lineage(), lease.step(), lease.token(), lease.weightVersion(), List.of(), List.of());
    }

    private void write(
            Line.Type type,
            long lineage,
            long step,
            String lease,
            long weightVersion,
            List<Line.Group> groups,
            List<String> problems)
            throws IOException {
        if (file == null) {
            return;
        }
        byte[] json = Json.MAPPER.writeValueAsBytes(
                new Line(type, clock.millis(), lineage, step, lease, weightVersion, groups, problems));
        // One write, so that a kill between two does not part a line from its end.
        byte[] whole = Arrays.copyOf(json, json.length + 1);
        whole[json.length] = '\n';
        file.write(whole);
        file.getFD().sync();
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
