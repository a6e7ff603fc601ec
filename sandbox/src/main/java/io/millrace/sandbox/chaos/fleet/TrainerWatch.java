package io.millrace.sandbox.chaos.fleet;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Follows the simulated trainer's journal, for how far the run is. One owner. */
public final class TrainerWatch {
    /** A step as the trainer received it; {@code token} is what it is acknowledged by. */
    public record Received(long lineage, long step, String token) {}

    private final Path journal;
    private final Set<Received> seen = new HashSet<>();
    /** When each step was received first, by the trainer's clock, which is never made to jump. */
    private final List<Long> firstReceivedMs = new ArrayList<>();

    private long position;
    private long weightVersion;
    private long acknowledged;
    private @Nullable Received newest;
    private boolean open;

    public TrainerWatch(Path journal) {
        this.journal = journal;
    }

    /** Reads the whole lines that came since. */
    public void look() throws IOException {
        if (!Files.exists(journal)) {
            return;
        }
        byte[] bytes;
        try (RandomAccessFile file = new RandomAccessFile(journal.toFile(), "r")) {
            bytes = new byte[Math.toIntExact(file.length() - position)];
            file.seek(position);
            file.readFully(bytes);
        }
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                take(new String(bytes, from, i - from, StandardCharsets.UTF_8));
                from = i + 1;
            }
        }
        position += from;
    }

    private void take(String text) {
        JsonNode line;
        try {
            line = Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            // Torn by a kill.
            return;
        }
        switch (line.path("type").asString("")) {
            case "received" -> {
                Received received = new Received(
                        line.path("lineage").asLong(0),
                        line.path("step").asLong(0),
                        line.path("lease").asString(""));
                if (seen.add(received)) {
                    firstReceivedMs.add(line.path("at_ms").asLong(0));
                }
                newest = received;
                open = true;
                weightVersion = line.path("weight_version").asLong(0);
            }
            // Engines are told after this line.
            case "announcing" -> weightVersion = line.path("weight_version").asLong(0);
            case "acknowledging" -> open = false;
            case "acknowledged" -> acknowledged++;
            default -> {
                // An empty line, or one that says nothing of how far the run is.
            }
        }
    }

    /** How many steps the trainer has received for the first time since then; wall clock. */
    public long receivedSince(long atMs) {
        return firstReceivedMs.stream().filter(received -> received > atMs).count();
    }

    /** What the trainer received last; null before the first step. */
    @Nullable
    public Received newest() {
        return newest;
    }

    /** Whether it is being trained: received and not acknowledged. */
    public boolean open() {
        return open;
    }

    /** The newest version that engines were told. */
    public long weightVersion() {
        return weightVersion;
    }

    long received() {
        return seen.size();
    }

    public long acknowledged() {
        return acknowledged;
    }
}
