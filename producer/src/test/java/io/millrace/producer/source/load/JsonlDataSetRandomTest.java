package io.millrace.producer.source.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.record.Prompt;
import io.millrace.producer.source.row.PromptRow;
import io.millrace.producer.source.row.RowCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Any mix of good, bad, over-long and blank lines, plain and packed, whole and sliced, against a simple model. */
class JsonlDataSetRandomTest {
    private static final int FILES_PER_SEED = 40;
    private static final List<String> BAD = List.of(
            "{",
            "nonsense",
            "[]",
            "{}",
            "{\"prompt\":\"\"}",
            "{\"prompt\":[1,-1]}",
            "{\"prompt\":\"a\",\"label\":{}}",
            "{\"prompt\":\"" + "x".repeat(5000) + "\"}",
            "{\"prompt\":\"" + "é".repeat(1001) + "\"}");
    private static final List<String> BLANK = List.of("", " ", "\t \t");

    @TempDir
    Path folder;

    private enum Kind {
        GOOD,
        BAD,
        BLANK
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void lineNumbersAreRightInAnyMixOfRows(long seed) throws Exception {
        Random random = new Random(seed);
        for (int file = 0; file < FILES_PER_SEED; file++) {
            List<Kind> kinds = new ArrayList<>();
            String text = text(random, kinds);
            long from = random.nextInt(20);
            long to = random.nextBoolean() ? DataSetSpec.Slice.NO_END : from + 1 + random.nextInt(60);
            List<Long> good = new ArrayList<>();
            List<Long> bad = new ArrayList<>();
            expect(kinds, from, to, good, bad);
            if (good.isEmpty()) {
                continue;
            }
            DataSetSpec spec =
                    DataSetFiles.write(folder.resolve("a" + (random.nextBoolean() ? ".jsonl" : ".jsonl.gz")), text);
            DataSet dataSet = DataSetLoader.load(
                    DataSetFiles.slice(spec, from, to), DataSetFiles.SHAPE, DataSetFiles.LENIENT, RowCheck.NONE);
            List<Long> found = new ArrayList<>();
            for (int i = 0; i < dataSet.size(); i++) {
                PromptRow row = dataSet.row(i);
                found.add(row.line());
                assertEquals(new Prompt.Text("é" + row.line()), row.prompt());
            }
            assertEquals(good, found);
            assertEquals(bad.size(), dataSet.report().bad());
            assertEquals(
                    bad.stream().limit(LoadReport.LISTED_MAX).toList(),
                    dataSet.report().firstBad().stream()
                            .map(LoadReport.BadRow::line)
                            .toList());
        }
    }

    private static String text(Random random, List<Kind> kinds) {
        StringBuilder text = new StringBuilder(random.nextInt(4) == 0 ? "\uFEFF" : "");
        int count = 30 + random.nextInt(300);
        for (int i = 1; i <= count; i++) {
            Kind kind = Kind.values()[random.nextInt(3)];
            kinds.add(kind);
            text.append(
                    switch (kind) {
                        case GOOD -> "{\"prompt\":\"é" + i + "\"}";
                        case BAD -> BAD.get(random.nextInt(BAD.size()));
                        case BLANK -> BLANK.get(random.nextInt(BLANK.size()));
                    });
            text.append(i == count && random.nextBoolean() ? "" : random.nextBoolean() ? "\n" : "\r\n");
        }
        return text.toString();
    }

    private static void expect(List<Kind> kinds, long from, long to, List<Long> good, List<Long> bad) {
        long row = 0;
        for (int i = 0; i < kinds.size(); i++) {
            if (kinds.get(i) == Kind.BLANK) {
                continue;
            }
            if (row >= from && row < to) {
                (kinds.get(i) == Kind.GOOD ? good : bad).add(i + 1L);
            }
            row++;
        }
    }
}
