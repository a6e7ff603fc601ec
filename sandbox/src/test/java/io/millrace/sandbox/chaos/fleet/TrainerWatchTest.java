package io.millrace.sandbox.chaos.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerWatchTest {
    @TempDir
    Path folder;

    private void append(String text) throws Exception {
        Files.writeString(folder.resolve("journal"), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void itFollowsTheJournalLineByLine() throws Exception {
        TrainerWatch watch = new TrainerWatch(folder.resolve("journal"));
        watch.look();
        append(
                "{\"type\":\"received\",\"step\":0,\"weight_version\":4,\"lease\":\"0-0-a\",\"at_ms\":50}\n{\"type\":\"ackn");
        watch.look();
        assertEquals(1, watch.received());
        assertEquals(1, watch.receivedSince(49));
        assertEquals(0, watch.receivedSince(50));
        assertEquals(new TrainerWatch.Received(0, 0, "0-0-a"), watch.newest());
        assertTrue(watch.open());
        assertEquals(4, watch.weightVersion());
        append("owledging\"}\n{\"type\":\"announcing\",\"weight_version\":5}\n{\"type\":\"acknowledged\"}\n");
        watch.look();
        assertEquals(5, watch.weightVersion());
        assertEquals(1, watch.acknowledged());
        assertFalse(watch.open());
    }

    @Test
    void aTornLineAndAnEmptyOneMeanNothing() throws Exception {
        append("{\"type\":\"rece\n\n{\"type\":\"received\",\"weight_version\":1,\"at_ms\":7}\n");
        TrainerWatch watch = new TrainerWatch(folder.resolve("journal"));
        watch.look();
        assertEquals(1, watch.received());
        assertEquals(1, watch.receivedSince(6));
    }
}
