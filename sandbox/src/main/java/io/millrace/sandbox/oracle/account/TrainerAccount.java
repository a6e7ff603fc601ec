package io.millrace.sandbox.oracle.account;

import io.millrace.common.json.Json;
import io.millrace.sandbox.trainer.TrainerJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DatabindException;

/** What the trainer really received, acknowledged and asked for, from its journal. */
public final class TrainerAccount {
    /** A weight version of a lineage. */
    public record Version(long lineage, long version) {}

    /**
     * A batch as received.
     *
     * @param lease its id
     * @param weightVersion at hand-over
     */
    public record Batch(String lease, long weightVersion, List<TrainerJournal.Line.Group> groups) {}

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
            new TreeMap<>(Comparator.comparingLong(Steps.Id::lineage).thenComparingLong(Steps.Id::step));

    /** Whole lines that are none of a journal. */
    public final List<Finding> unread = new ArrayList<>();

    /** Reads the journal; a line that a kill has torn is passed over. */
    public static TrainerAccount read(Path journal) throws IOException {
        TrainerAccount account = new TrainerAccount();
        int lines = 0;
        for (String line : Files.exists(journal) ? Files.readAllLines(journal) : List.<String>of()) {
            lines++;
            try {
                if (!line.isEmpty()) {
                    account.take(Json.MAPPER.readValue(line, TrainerJournal.Line.class));
                }
            } catch (DatabindException e) {
                account.unread.add(new Finding(
                        Finding.Kind.UNREAD, "the trainer's journal, line " + lines + ": " + e.getOriginalMessage()));
            } catch (StreamReadException e) {
                // Torn by a kill.
            }
        }
        return account;
    }

    private void take(TrainerJournal.Line line) {
        Steps.Id id = new Steps.Id(line.lineage(), line.step());
        switch (line.type()) {
            case RECEIVED -> {
                // A token is lineage, step and id.
                String lease = line.lease().substring(line.lease().lastIndexOf('-') + 1);
                received.computeIfAbsent(id, step -> new ArrayList<>())
                        .add(new Batch(lease, line.weightVersion(), line.groups()));
                if (!line.problems().isEmpty()) {
                    problems.computeIfAbsent(id, step -> new HashSet<>()).addAll(line.problems());
                }
            }
            case ACKNOWLEDGING -> acknowledging.add(id);
            case ACKNOWLEDGED -> acknowledged.add(id);
            case REFUSED -> {}
            case RESUMING -> resumed.add(line.lineage());
            case ANNOUNCING ->
                announced.merge(new Version(line.lineage(), line.weightVersion()), line.atMs(), Math::min);
        }
    }
}
