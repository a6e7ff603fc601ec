package io.millrace.sandbox.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
        append("{\"type\":\"received\",\"step\":0,\"weight_version\":4,\"leased_at_ms\":50}\n{\"type\":\"ackn");
        watch.look();
        assertEquals(1, watch.received());
        assertEquals(50, watch.lastLeasedAtMs());
        assertEquals(4, watch.weightVersion());
        append("owledging\"}\n{\"type\":\"announcing\",\"weight_version\":5}\n{\"type\":\"acknowledged\"}\n");
        watch.look();
        assertEquals(5, watch.weightVersion());
        assertEquals(1, watch.acknowledged());
    }

    @Test
    void aTornLineAndAnEmptyOneMeanNothing() throws Exception {
        append("{\"type\":\"rece\n\n{\"type\":\"received\",\"weight_version\":1,\"leased_at_ms\":7}\n");
        TrainerWatch watch = new TrainerWatch(folder.resolve("journal"));
        watch.look();
        assertEquals(1, watch.received());
        assertEquals(7, watch.lastLeasedAtMs());
    }
}
