package io.millrace.producer.source.load;

import static io.millrace.producer.source.load.DataSetFiles.LENIENT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.file.FileFormat;
import io.millrace.producer.source.file.RowFile;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Files that pyarrow and datasets wrote, with the lines that their rows come to: src/test/python/make_parquet.py. */
class ParquetDataSetTest {
    private static final Path FILES = Path.of("src/test/resources/parquet");
    private static final RowShape SHAPE = new RowShape(RowForm.AUTO, ColumnNames.DEFAULTS, ChatTemplate.PLAIN, null);
    private static final RowShape TELLING_NO_TOOLS =
            new RowShape(RowForm.AUTO, new ColumnNames("prompt", "label", null, null), ChatTemplate.PLAIN, null);

    @TempDir
    Path folder;

    private static DataSet load(Path path, RowShape shape) throws Exception {
        return load(path, shape, DataSetSpec.Slice.ALL);
    }

    private static DataSet load(Path path, RowShape shape, DataSetSpec.Slice slice) throws Exception {
        return DataSetLoader.load(new DataSetSpec(path, slice), shape, LENIENT, RowCheck.NONE);
    }

    private static String refused(Path path) {
        return assertThrows(DataSetException.class, () -> load(path, SHAPE)).getMessage();
    }

    private static List<JsonNode> rows(String file) throws Exception {
        List<JsonNode> rows = new ArrayList<>();
        Path path = FILES.resolve(file);
        try (RowFile in = FileFormat.of(path).orElseThrow().open(path, 1 << 20)) {
            while (in.next()) {
                rows.add(Json.MAPPER.readTree(in.json()));
                assertEquals(rows.size(), in.place());
            }
        }
        return rows;
    }

    @ParameterizedTest
    @CsvSource({
        "datasets-verl, datasets-verl",
        "datasets-openai, datasets-openai",
        "datasets-fields, datasets-fields",
        "datasets-ids, datasets-ids",
        "codec-none, codec",
        "codec-snappy, codec",
        "codec-gzip, codec",
        "codec-lz4, codec",
        "codec-zstd, codec",
        "pages-1.0, codec",
        "pages-2.0, codec",
        "types, types",
    })
    void rowsAreWhatWasPutIn(String file, String lines) throws Exception {
        assertEquals(rows(lines + ".jsonl"), rows(file + ".parquet"));
    }

    /** So a run may go on with the one where it began with the other. */
    @ParameterizedTest
    @ValueSource(strings = {"datasets-verl", "datasets-openai", "datasets-ids", "codec-zstd"})
    void theSameRowsAreTheSameDataSet(String file) throws Exception {
        DataSet lines = load(FILES.resolve(file.replaceAll("^codec.*", "codec") + ".jsonl"), TELLING_NO_TOOLS);
        DataSet columns = load(FILES.resolve(file + ".parquet"), TELLING_NO_TOOLS);
        assertEquals(lines.fingerprint(), columns.fingerprint());
        assertEquals(lines.form(), columns.form());
        for (int i = 0; i < lines.size(); i++) {
            assertEquals(lines.row(i), columns.row(i));
        }
    }

    /** Groups of rows end at 70, 140, ... */
    @ParameterizedTest
    @CsvSource({"0, 1", "69, 71", "70, 140", "139, 300", "290, 999"})
    void aSliceIsTheSameRowsAsOfLines(long from, long to) throws Exception {
        DataSetSpec.Slice slice = new DataSetSpec.Slice(from, to);
        assertEquals(
                load(FILES.resolve("codec.jsonl"), SHAPE, slice).fingerprint(),
                load(FILES.resolve("codec-snappy.parquet"), SHAPE, slice).fingerprint());
    }

    @Test
    void aSliceBehindTheLastRowIsRefused() {
        Path path = FILES.resolve("codec-snappy.parquet");
        assertTrue(assertThrows(DataSetException.class, () -> load(path, SHAPE, new DataSetSpec.Slice(300, 301)))
                .getMessage()
                .endsWith("has no rows in this slice"));
    }

    @Test
    void aBadRowIsNamedByItsNumber() throws Exception {
        LoadReport report = DataSetLoader.load(
                        DataSetSpec.parse(FILES.resolve("codec-none.parquet").toString()),
                        SHAPE,
                        new RowLimits(20, 100, 1, 4096),
                        RowCheck.NONE)
                .report();
        assertEquals(
                "row 7: the prompt has 22 characters, the limit is 20",
                report.firstBad().getFirst().toString());
    }

    @Test
    void aRowThatIsTooLongIsABadRow() throws Exception {
        LoadReport report = DataSetLoader.load(
                        DataSetSpec.parse(FILES.resolve("codec-none.parquet").toString()),
                        SHAPE,
                        new RowLimits(100, 100, 1, 70),
                        RowCheck.NONE)
                .report();
        String bad = report.firstBad().getFirst().toString();
        assertTrue(bad.contains("bytes as JSON, the limit is 70"), bad);
    }

    @Test
    void whatIsNoWholeParquetFileIsRefusedNamingIt() throws Exception {
        byte[] whole = Files.readAllBytes(FILES.resolve("codec-snappy.parquet"));
        Path file = folder.resolve("a.parquet");
        for (byte[] bytes : List.of(
                new byte[0],
                "{\"prompt\": \"a\"}\n".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                Arrays.copyOf(whole, whole.length - 100),
                Arrays.copyOf(whole, 20))) {
            Files.write(file, bytes);
            String message = refused(file);
            assertTrue(message.startsWith("data set " + file + " is no readable Parquet file: "), message);
        }
    }

    /** Pages are damaged, the end of the file is whole. */
    @Test
    void aDamagedPageIsRefusedAndNeverReadAsSomethingElse() throws Exception {
        byte[] damaged = Files.readAllBytes(FILES.resolve("codec-zstd.parquet"));
        Arrays.fill(damaged, 2000, 2400, (byte) 0x5A);
        Path file = Files.write(folder.resolve("a.parquet"), damaged);
        assertTrue(
                refused(file).startsWith("data set " + file + " is no readable Parquet file: "), () -> refused(file));
    }
}
