package io.millrace.sandbox.oracle;

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
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What the trainer really received and acknowledged, from its journal. */
final class TrainerAccount {
    /** One group as received. */
    record Group(long index, int samples, String digest) {}

    /** Every reception of a step, in order. */
    final Map<Steps.Id, List<List<Group>>> received = new HashMap<>();

    final Set<Steps.Id> acknowledging = new HashSet<>();
    final Set<Steps.Id> acknowledged = new HashSet<>();
    /** What the trainer itself found wrong with a batch. */
    final List<String> problems = new ArrayList<>();

    int tornLines;

    /** Reads the journal; a line that a kill has torn is counted and passed over. */
    static TrainerAccount read(Path journal) throws IOException {
        TrainerAccount account = new TrainerAccount();
        if (Files.exists(journal)) {
            for (String line : Files.readAllLines(journal)) {
                account.take(line);
            }
        }
        return account;
    }

    private void take(String text) {
        if (text.isEmpty()) {
            return;
        }
        JsonNode line;
        try {
            line = Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            tornLines++;
            return;
        }
        Steps.Id id =
                new Steps.Id(line.path("lineage").longValue(), line.path("step").longValue());
        switch (line.path("type").asString("")) {
            case "received" -> {
                received.computeIfAbsent(id, step -> new ArrayList<>()).add(groups(line));
                line.path("problems").forEach(problem -> problems.add(id + ": " + problem.asString("")));
            }
            case "acknowledging" -> acknowledging.add(id);
            case "acknowledged" -> acknowledged.add(id);
            default -> tornLines++;
        }
    }

    private static List<Group> groups(JsonNode line) {
        List<Group> groups = new ArrayList<>();
        for (JsonNode group : line.path("groups")) {
            groups.add(new Group(
                    group.path("index").longValue(),
                    group.path("samples").intValue(),
                    group.path("digest").asString("")));
        }
        return groups;
    }
}
