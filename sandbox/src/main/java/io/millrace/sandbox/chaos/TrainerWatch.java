package io.millrace.sandbox.chaos;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Follows the simulated trainer's journal, for how far the run is. One owner. */
final class TrainerWatch {
    private final Path journal;
    private long position;
    private long lastLeasedAtMs;
    private long weightVersion;
    private long received;
    private long acknowledged;

    TrainerWatch(Path journal) {
        this.journal = journal;
    }

    /** Reads the whole lines that came since. */
    void look() throws IOException {
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
            // Torn by a kill; the oracle counts those.
            return;
        }
        switch (line.path("type").asString("")) {
            case "received" -> {
                received++;
                lastLeasedAtMs =
                        Math.max(lastLeasedAtMs, line.path("leased_at_ms").asLong(0));
                weightVersion = line.path("weight_version").asLong(0);
            }
            // Engines are told after this line.
            case "announcing" -> weightVersion = line.path("weight_version").asLong(0);
            case "acknowledged" -> acknowledged++;
            default -> {
                // An empty line.
            }
        }
    }

    /** When the newest step that the trainer has received was leased; wall clock. */
    long lastLeasedAtMs() {
        return lastLeasedAtMs;
    }

    /** The newest version that engines were told. */
    long weightVersion() {
        return weightVersion;
    }

    long received() {
        return received;
    }

    long acknowledged() {
        return acknowledged;
    }
}
