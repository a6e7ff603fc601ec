package io.millrace.producer.source.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.Prompt;
import io.millrace.producer.source.PromptOrder;
import io.millrace.producer.source.row.RowCheck;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LargeDataSetTest {
    private static final Logger LOG = LoggerFactory.getLogger(LargeDataSetTest.class);
    private static final int ROWS = 200_000;
    private static final String QUESTION =
            "Let x be a number such that twice x is seven less than three times y. ".repeat(5);

    @TempDir
    Path folder;

    /** Times are logged, not asserted: they belong to the machine. */
    @Test
    void aLargeFileTakesLittleMoreMemoryThanItsText() throws Exception {
        Path file = folder.resolve("large.jsonl");
        try (Writer out = Files.newBufferedWriter(file)) {
            for (int i = 0; i < ROWS; i++) {
                out.write("{\"prompt\":[{\"role\":\"user\",\"content\":\"" + i + ". " + QUESTION + "\"}],\"label\":\""
                        + i + "\",\"solution\":\"" + QUESTION + "\",\"metadata\":{\"rm_type\":\"math\"}}\n");
            }
        }
        long before = usedBytes();
        long beginNanos = System.nanoTime();
        DataSet dataSet = DataSetLoader.load(
                DataSetSpec.parse(file.toString()), DataSetFiles.SHAPE, DataSetFiles.STRICT, RowCheck.NONE);
        long loadedMs = (System.nanoTime() - beginNanos) / 1_000_000;
        long keptBytes = usedBytes() - before;

        assertEquals(ROWS, dataSet.size());
        PromptOrder order = new PromptOrder(1, dataSet.size(), true, 0);
        beginNanos = System.nanoTime();
        for (int i = 0; i < 10_000; i++) {
            int row = order.at(new GroupIndex(i)).row();
            Prompt prompt = dataSet.row(row).prompt();
            assertTrue(prompt.asText().startsWith("<|im_start|>user\n" + row + ". "));
        }
        long readMicros = (System.nanoTime() - beginNanos) / 1000;
        LOG.info(
                "{} rows, {} MB: loaded in {} ms, {} MB kept, 10000 random rows in {} us",
                ROWS,
                Files.size(file) >> 20,
                loadedMs,
                keptBytes >> 20,
                readMicros);
        assertTrue(keptBytes < Files.size(file), () -> "kept " + keptBytes + " bytes");
    }

    private static long usedBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
