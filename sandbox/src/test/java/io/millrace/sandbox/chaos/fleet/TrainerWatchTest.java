package io.millrace.sandbox.chaos.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.sandbox.trainer.TrainerJournal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerWatchTest {
    @TempDir
    Path folder;

    private void append(String text) throws Exception {
        Files.writeString(folder.resolve("journal"), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String line(TrainerJournal.Line.Type type, long weightVersion, long atMs) {
        TrainerJournal.Line line =
                new TrainerJournal.Line(type, atMs, 0, 0, "0-0-a", weightVersion, List.of(), List.of());
        return Json.MAPPER.writeValueAsString(line) + "\n";
    }

    @Test
    void itFollowsTheJournalLineByLine() throws Exception {
        TrainerWatch watch = new TrainerWatch(folder.resolve("journal"));
        watch.look();
        String acknowledging = line(TrainerJournal.Line.Type.ACKNOWLEDGING, 4, 51);
        append(line(TrainerJournal.Line.Type.RECEIVED, 4, 50) + acknowledging.substring(0, 12));
        watch.look();
        assertEquals(1, watch.received());
        assertEquals(1, watch.receivedSince(49));
        assertEquals(0, watch.receivedSince(50));
        assertEquals(new TrainerWatch.Received(0, 0, "0-0-a"), watch.newest());
        assertTrue(watch.open());
        assertEquals(4, watch.weightVersion());
        append(acknowledging.substring(12)
                + line(TrainerJournal.Line.Type.ANNOUNCING, 5, 52)
                + line(TrainerJournal.Line.Type.ACKNOWLEDGED, 4, 53));
        watch.look();
        assertEquals(5, watch.weightVersion());
        assertEquals(1, watch.acknowledged());
        assertFalse(watch.open());
    }

    @Test
    void aTornLineAndAnEmptyOneMeanNothing() throws Exception {
        append("{\"type\":\"rece\n\n" + line(TrainerJournal.Line.Type.RECEIVED, 1, 7));
        TrainerWatch watch = new TrainerWatch(folder.resolve("journal"));
        watch.look();
        assertEquals(1, watch.received());
        assertEquals(1, watch.receivedSince(6));
    }
}
