package io.millrace.sandbox.oracle.account;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What the trainer really received, acknowledged and asked for, from its journal. */
public final class TrainerAccount {
    /** A weight version of a lineage. */
    public record Version(long lineage, long version) {}

    /**
     * One group as received.
     *
     * @param oldest weight version that made any of its tokens, as the batch says; the hand-over's where none does
     * @param newest the same
     */
    public record Group(long index, int samples, String digest, long oldest, long newest) {}

    /**
     * A batch as received.
     *
     * @param lease its id
     * @param weightVersion at hand-over
     */
    public record Batch(String lease, long weightVersion, List<Group> groups) {}

    /** Every reception of a step, in order. */
    public final Map<Steps.Id, List<Batch>> received = new HashMap<>();

    public final Set<Steps.Id> acknowledging = new HashSet<>();
    public final Set<Steps.Id> acknowledged = new HashSet<>();
    /** Lineages that the trainer opened, or may have. */
    public final Set<Long> resumed = new HashSet<>();
    /** When engines were first told of a version, milliseconds since 1970. */
    public final Map<Version, Long> announced = new HashMap<>();
    /** What the trainer itself found wrong with a batch. */
    public final Map<Steps.Id, Set<String>> problems =
            new TreeMap<>(java.util.Comparator.comparingLong(Steps.Id::lineage).thenComparingLong(Steps.Id::step));

    /** Lines of a type that nobody knows. */
    public final List<Finding> unread = new ArrayList<>();

    private int lines;

    /** Reads the journal; a line that a kill has torn is passed over. */
    public static TrainerAccount read(Path journal) throws IOException {
        TrainerAccount account = new TrainerAccount();
        if (Files.exists(journal)) {
            for (String line : Files.readAllLines(journal)) {
                account.take(line);
            }
        }
        return account;
    }

    private void take(String text) {
        lines++;
        if (text.isEmpty()) {
            return;
        }
        JsonNode line;
        try {
            line = Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            // Torn by a kill.
            return;
        }
        Steps.Id id =
                new Steps.Id(line.path("lineage").asLong(-1), line.path("step").asLong(-1));
        switch (line.path("type").asString("")) {
            case "received" -> {
                received.computeIfAbsent(id, step -> new ArrayList<>()).add(batch(line));
                line.path("problems")
                        .forEach(problem -> problems.computeIfAbsent(id, step -> new HashSet<>())
                                .add(problem.asString("")));
            }
            case "acknowledging" -> acknowledging.add(id);
            case "acknowledged" -> acknowledged.add(id);
            case "refused" -> {
                // The step is void: another lineage has begun.
            }
            case "resuming" -> resumed.add(id.lineage());
            case "announcing" ->
                announced.merge(
                        new Version(id.lineage(), line.path("weight_version").asLong(-1)),
                        line.path("at_ms").asLong(-1),
                        Math::min);
            default ->
                unread.add(new Finding(
                        Finding.Kind.UNREAD,
                        "the trainer's journal, line " + lines + ": unknown type "
                                + line.path("type").asString("")));
        }
    }

    private static Batch batch(JsonNode line) {
        long version = line.path("weight_version").asLong(-1);
        List<Group> groups = new ArrayList<>();
        for (JsonNode group : line.path("groups")) {
            groups.add(new Group(
                    group.path("index").asLong(-1),
                    group.path("samples").intValue(),
                    group.path("digest").asString(""),
                    group.path("oldest").asLong(version),
                    group.path("newest").asLong(version)));
        }
        // A token is lineage, step and id.
        String token = line.path("lease").asString("");
        return new Batch(token.substring(token.lastIndexOf('-') + 1), version, groups);
    }
}
