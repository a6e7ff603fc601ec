package io.millrace.sandbox.chaos.fleet;

import io.millrace.common.json.Json;
import io.millrace.sandbox.trainer.TrainerJournal;
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
        TrainerJournal.Line line;
        try {
            line = Json.MAPPER.readValue(text, TrainerJournal.Line.class);
        } catch (JacksonException e) {
            // An empty line, or one that a kill has torn.
            return;
        }
        switch (line.type()) {
            case RECEIVED -> {
                Received received = new Received(line.lineage(), line.step(), line.lease());
                if (seen.add(received)) {
                    firstReceivedMs.add(line.atMs());
                }
                newest = received;
                open = true;
                weightVersion = line.weightVersion();
            }
            // Engines are told after this line.
            case ANNOUNCING -> weightVersion = line.weightVersion();
            case ACKNOWLEDGING -> open = false;
            case ACKNOWLEDGED -> acknowledged++;
            case REFUSED, RESUMING -> {}
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
