package io.millrace.producer.source.load;

import static io.millrace.producer.source.load.DataSetFiles.LENIENT;
import static io.millrace.producer.source.load.DataSetFiles.SHAPE;
import static io.millrace.producer.source.load.DataSetFiles.STRICT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.column.BadRowReason;
import io.millrace.producer.source.row.PromptRow;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonlDataSetTest {
    private static final String GOOD = "{\"prompt\":\"ok\"}\n";

    @TempDir
    Path folder;

    @Test
    void aTextPromptStaysAsItIs() throws Exception {
        PromptRow row = one("{\"prompt\":\"1+1 = ? \\u00e9 \\ud83d\\ude00\",\"label\":\"2\",\"other\":[{}]}");
        assertEquals(new PromptRow(1, new Prompt.Text("1+1 = ? é 😀"), "2", Json.object()), row);
    }

    @Test
    void messagesAreKeptAndRendered() throws Exception {
        PromptRow row =
                one("{\"prompt\":[{\"content\":\"1+1?\",\"role\":\"user\",\"name\":\"x\",\"tool_calls\":null}]}");
        assertEquals(
                new Prompt.Messages(
                        List.of(new ChatMessage("user", "1+1?")),
                        "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n"),
                row.prompt());
    }

    @Test
    void tokenIdsAreTaken() throws Exception {
        Prompt.TokenIds prompt = assertInstanceOf(
                Prompt.TokenIds.class, one("{\"prompt\":[0, 5, 2147483647]}").prompt());
        assertArrayEquals(new int[] {0, 5, Integer.MAX_VALUE}, prompt.inputIds());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"4\" | 4",
                "4 | 4",
                "4.50 | 4.50",
                "-1.0e3 | -1.0e3",
                "123456789012345678901234567890 | 123456789012345678901234567890",
                "\"\" | ''",
            })
    void labelsAreTextsAndNumbersStayAsTheyAreWritten(String json, String label) throws Exception {
        assertEquals(label, one("{\"prompt\":\"p\",\"label\":" + json + "}").label());
    }

    @Test
    void anAbsentOrNullLabelIsNone() throws Exception {
        assertNull(one("{\"prompt\":\"p\"}").label());
        assertNull(one("{\"prompt\":\"p\",\"label\":null}").label());
    }

    @Test
    void metadataIsTakenWholeAndAbsentMeansEmpty() throws Exception {
        String metadata = "{\"rm_type\":\"math\",\"n\":[1,2.5,{\"a\":null}],\"b\":true}";
        assertEquals(
                Json.MAPPER.readTree(metadata),
                one("{\"metadata\":" + metadata + ",\"prompt\":\"p\"}").metadata());
        assertEquals(Json.object(), one("{\"prompt\":\"p\",\"metadata\":null}").metadata());
        assertEquals(Json.object(), one("{\"prompt\":\"p\"}").metadata());
    }

    @Test
    void aRowsMetadataIsTheCallersOwn() throws Exception {
        DataSet dataSet = load("{\"prompt\":\"p\",\"metadata\":{\"a\":1}}\n", STRICT);
        dataSet.row(0).metadata().put("a", 2);
        assertEquals(1, dataSet.row(0).metadata().get("a").intValue());
    }

    @Test
    void otherKeysAndNoKeysAreFollowed() throws Exception {
        DataSetSpec spec = file("{\"q\":\"p\",\"answer\":7,\"label\":\"no\",\"metadata\":3}\n");
        PromptRow row = DataSetLoader.load(
                        spec, new RowShape("q", "answer", null, ChatTemplate.PLAIN), STRICT, RowCheck.NONE)
                .row(0);
        assertEquals(new PromptRow(1, new Prompt.Text("p"), "7", Json.object()), row);
        assertNull(DataSetLoader.load(spec, new RowShape("q", null, null, ChatTemplate.PLAIN), STRICT, RowCheck.NONE)
                .row(0)
                .label());
    }

    @Test
    void ofAKeyThatStandsTwiceTheLastCounts() throws Exception {
        assertEquals(
                new Prompt.Text("b"), one("{\"prompt\":\"a\",\"prompt\":\"b\"}").prompt());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "BAD_JSON | {\"prompt\": | no JSON",
                "BAD_JSON | hello | no JSON",
                "BAD_JSON | {\"prompt\":\"a\"} {\"prompt\":\"b\"} | more than one JSON value",
                "BAD_JSON | {\"prompt\":\"a\"}, | no JSON",
                "BAD_JSON | {\"prompt\":\"a\",\"metadata\":{\"x\":NaN}} | no JSON",
                "MISSING_PROMPT | {\"label\":1} | no 'prompt'",
                "MISSING_PROMPT | {\"prompt\":null} | no 'prompt'",
                "WRONG_SHAPE | [1] | no JSON object",
                "WRONG_SHAPE | \"text\" | no JSON object",
                "WRONG_SHAPE | {\"prompt\":5} | 'prompt' must be",
                "WRONG_SHAPE | {\"prompt\":{\"role\":\"user\"}} | 'prompt' must be",
                "WRONG_SHAPE | {\"prompt\":[true]} | 'prompt' must be",
                "WRONG_SHAPE | {\"prompt\":[\"a\"]} | 'prompt' must be",
                "WRONG_SHAPE | {\"prompt\":[1.5]} | 'prompt' must be",
                "WRONG_SHAPE | {\"prompt\":[1,\"a\"]} | 'prompt' must be",
                "WRONG_SHAPE | {\"prompt\":[1,2.0]} | 'prompt' must be",
                "WRONG_SHAPE | {\"prompt\":[1,-2]} | was -2",
                "WRONG_SHAPE | {\"prompt\":[2147483648]} | was 2147483648",
                "WRONG_SHAPE | {\"prompt\":[99999999999999999999]} | token id",
                "WRONG_SHAPE | {\"prompt\":[{\"role\":\"user\",\"content\":\"a\"},1]} | 'prompt' must be",
                "WRONG_SHAPE | {\"prompt\":[{\"content\":\"a\"}]} | message 1: no 'role'",
                "WRONG_SHAPE | {\"prompt\":[{\"role\":5,\"content\":\"a\"}]} | message 1: no 'role'",
                "WRONG_SHAPE | {\"prompt\":[{\"role\":[5],\"content\":\"a\"}]} | message 1: no 'role'",
                "WRONG_SHAPE | {\"prompt\":[{\"role\":\"a\",\"content\":\"a\"},{\"role\":\"a\"}]} | message 2: no 'content'",
                "WRONG_SHAPE | {\"prompt\":\"a\",\"label\":true} | 'label' must be",
                "WRONG_SHAPE | {\"prompt\":\"a\",\"label\":[1]} | 'label' must be",
                "WRONG_SHAPE | {\"prompt\":\"a\",\"metadata\":\"{}\"} | 'metadata' must be",
                "WRONG_SHAPE | {\"prompt\":\"a\",\"metadata\":[{}]} | 'metadata' must be",
                "WRONG_SHAPE | {\"prompt\":\"a\",\"metadata\":{\"x\":[1e999]}} | beyond a double",
                "EMPTY_PROMPT | {\"prompt\":\"\"} | 'prompt' is empty",
                "EMPTY_PROMPT | {\"prompt\":\" \\n\"} | 'prompt' is empty",
                "EMPTY_PROMPT | {\"prompt\":[]} | 'prompt' is empty",
                "EMPTY_PROMPT | {\"prompt\":[{\"role\":\"user\",\"content\":\" \"}]} | 'prompt' is empty",
                "NOT_TEXT | {\"prompt\":[{\"role\":\"user\",\"content\":null}]} | message 1: 'content' is no text",
                "NOT_TEXT | {\"prompt\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]} | 'content' is no text",
                "NOT_TEXT | {\"prompt\":[{\"role\":\"a\",\"content\":\"b\",\"tool_calls\":[{}]}]} | 'tool_calls' is no text",
                "NOT_TEXT | {\"prompt\":\"a \\ud83d b\"} | half a surrogate",
                "NOT_TEXT | {\"prompt\":\"a \\ude00\"} | half a surrogate",
                "NOT_TEXT | {\"prompt\":\"a\",\"label\":\"\\ud83d\"} | half a surrogate",
                "NOT_TEXT | {\"prompt\":\"a\",\"metadata\":{\"x\":[\"\\ud83d\"]}} | half a surrogate",
                "BAD_JSON | {\"prompt\":\"a\",\"metadata\":{\"\\ud83d\":1}} | surrogate pair in property name",
                "NOT_TEXT | {\"prompt\":[{\"role\":\"\\ud83d\",\"content\":\"a\"}]} | half a surrogate",
            })
    void aMalformedRowIsLeftOutAndListedWithItsReason(BadRowReason reason, String row, String detail) throws Exception {
        DataSet dataSet = load(GOOD + row + "\n" + GOOD, LENIENT);
        assertEquals(2, dataSet.size());
        assertEquals(Map.of(reason, 1L), dataSet.report().badByReason());
        LoadReport.BadRow bad = dataSet.report().firstBad().getFirst();
        assertEquals(2, bad.line());
        assertEquals(reason, bad.reason());
        assertTrue(bad.detail().contains(detail), bad::detail);
        assertEquals(3, dataSet.row(1).line());
    }

    @Test
    void aLineThatIsNotUtf8IsBad() throws Exception {
        byte[] bytes = (GOOD + "{\"prompt\":\"?\"}\n").getBytes(StandardCharsets.UTF_8);
        bytes[bytes.length - 4] = (byte) 0xE9;
        DataSet dataSet =
                DataSetLoader.load(DataSetFiles.write(folder.resolve("a.jsonl"), bytes), SHAPE, LENIENT, RowCheck.NONE);
        assertEquals(
                List.of(new LoadReport.BadRow("line 2", 2, BadRowReason.BAD_JSON, "the line is not UTF-8")),
                dataSet.report().firstBad());
    }

    @Test
    void aPromptAtItsLimitIsTakenAndOneOverItIsNot() throws Exception {
        RowLimits limits = new RowLimits(5, 3, 1, 4096);
        DataSet dataSet = load("""
                {"prompt":"12345"}
                {"prompt":"123456"}
                {"prompt":"12\uD83D\uDE00\uD83D\uDE005"}
                {"prompt":[1,2,3]}
                {"prompt":[1,2,3,4]}
                {"prompt":[{"role":"user","content":"1"}]}
                """, limits);
        assertEquals(List.of(1L, 3L, 4L), lines(dataSet));
        assertEquals(Map.of(BadRowReason.TOO_LONG, 3L), dataSet.report().badByReason());
        assertEquals(
                "line 2: the prompt has 6 characters, the limit is 5",
                dataSet.report().firstBad().get(0).toString());
        assertEquals(
                "the prompt has more than 3 token ids",
                dataSet.report().firstBad().get(1).detail());
    }

    @Test
    void aLineAtItsLimitIsTakenAndOneOverItIsNot() throws Exception {
        String row = GOOD.strip();
        RowLimits limits = new RowLimits(1000, 10, 1, row.length());
        String huge = "{\"prompt\":\"" + "x".repeat(300_000) + "\"}";
        DataSet dataSet = load(row + "\r\n" + row + " \n" + huge + "\n" + row, limits);
        assertEquals(List.of(1L, 4L), lines(dataSet));
        assertEquals(
                List.of(
                        new LoadReport.BadRow(
                                "line 2", 2, BadRowReason.TOO_LONG, "the line has 16 bytes, the limit is 15"),
                        new LoadReport.BadRow(
                                "line 3", 3, BadRowReason.TOO_LONG, "the line has 300013 bytes, the limit is 15")),
                dataSet.report().firstBad());
    }

    @Test
    void blankLinesAreNoRowsButCountAsLines() throws Exception {
        DataSet dataSet = load("\n\r\n" + GOOD + " \t\n" + GOOD.strip(), STRICT);
        assertEquals(List.of(3L, 5L), lines(dataSet));
        assertEquals(2, dataSet.report().rows());
    }

    @Test
    void aByteOrderMarkAndWindowsLineEndsAreNoPartOfARow() throws Exception {
        assertEquals(List.of(1L, 2L), lines(load("\uFEFF" + (GOOD + GOOD).replace("\n", "\r\n"), STRICT)));
    }

    @Test
    void aGzipFileGivesTheSameRows() throws Exception {
        DataSetSpec packed = DataSetFiles.write(folder.resolve("a.jsonl.gz"), DataSetFiles.rows(5000));
        DataSet plain = load(DataSetFiles.rows(5000), STRICT);
        DataSet unpacked = DataSetLoader.load(packed, SHAPE, STRICT, RowCheck.NONE);
        assertEquals(5000, unpacked.size());
        assertEquals(plain.fingerprint(), unpacked.fingerprint());
        assertEquals(plain.row(4999), unpacked.row(4999));
    }

    @Test
    void aZstdFileGivesTheSameRowsAndAnIncompleteOneIsRefused() throws Exception {
        DataSetSpec packed = DataSetFiles.write(folder.resolve("a.jsonl.zst"), DataSetFiles.rows(5000));
        assertEquals(
                load(DataSetFiles.rows(5000), STRICT).fingerprint(),
                DataSetLoader.load(packed, SHAPE, STRICT, RowCheck.NONE).fingerprint());
        byte[] bytes = Files.readAllBytes(packed.path());
        Files.write(packed.path(), Arrays.copyOf(bytes, bytes.length - 5));
        assertTrue(refused(packed, STRICT).contains("a.jsonl.zst is no readable, or an incomplete, zstd file: "));
        Files.writeString(packed.path(), GOOD);
        assertTrue(refused(packed, STRICT).contains("a.jsonl.zst is no readable, or an incomplete, zstd file: "));
    }

    @Test
    void joinedGzipFilesAreReadToTheEnd() throws Exception {
        Path first = DataSetFiles.write(folder.resolve("1.jsonl.gz"), DataSetFiles.rows(3))
                .path();
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.write(Files.readAllBytes(first));
        joined.write(Files.readAllBytes(first));
        Path both = Files.write(folder.resolve("2.jsonl.gz"), joined.toByteArray());
        assertEquals(
                6,
                DataSetLoader.load(DataSetSpec.parse(both.toString()), SHAPE, STRICT, RowCheck.NONE)
                        .size());
    }

    @Test
    void aSliceCountsRowsThatAreNotBlankBeforeAnyIsFoundBad() throws Exception {
        DataSetSpec spec = file("\n" + GOOD + "bad\n\n" + GOOD + GOOD + "bad\n");
        assertEquals(
                List.of(2L), lines(DataSetLoader.load(DataSetFiles.slice(spec, 0, 1), SHAPE, STRICT, RowCheck.NONE)));
        DataSet middle = DataSetLoader.load(DataSetFiles.slice(spec, 1, 3), SHAPE, LENIENT, RowCheck.NONE);
        assertEquals(List.of(5L), lines(middle));
        assertEquals(2, middle.report().rows());
        assertEquals(3, middle.report().firstBad().getFirst().line());
        assertEquals(
                List.of(5L, 6L),
                lines(DataSetLoader.load(DataSetFiles.slice(spec, 2, 4), SHAPE, STRICT, RowCheck.NONE)));
    }

    @Test
    void anEndPastTheLastRowIsTheLastRow() throws Exception {
        DataSetSpec spec = file(DataSetFiles.rows(10));
        assertEquals(
                List.of(9L, 10L),
                lines(DataSetLoader.load(DataSetFiles.slice(spec, 8, 99), SHAPE, STRICT, RowCheck.NONE)));
    }

    @Test
    void aSliceThatBeginsPastTheLastRowIsRefused() throws Exception {
        DataSetSpec spec = DataSetFiles.slice(file(DataSetFiles.rows(10)), 10, 20);
        assertEquals("data set " + spec + " has no rows in this slice", refused(spec, LENIENT));
    }

    @Test
    void aFileWithoutRowsIsRefused() throws Exception {
        assertTrue(refused(file("\n \n"), LENIENT).endsWith("a.jsonl has no rows"));
        assertTrue(refused(file(""), LENIENT).endsWith("a.jsonl has no rows"));
    }

    @Test
    void aShareOfBadRowsAboveTheLimitStopsTheStartNamingFileShareLimitAndLines() throws Exception {
        DataSetSpec spec = file(DataSetFiles.rows(93) + "bad\n".repeat(6) + "{}\n");
        String message = refused(spec, new RowLimits(1000, 100, 0.069, 4096));
        assertTrue(
                message.startsWith(
                        "data set " + spec
                                + ": 7 of 100 rows are bad, a share of 0.07, the limit --bad-rows-max-share is 0.069. line 94: no JSON"),
                message);
        assertTrue(message.contains("; line 98: no JSON"), message);
        assertTrue(message.endsWith("; ..."), message);
        assertEquals(
                93,
                DataSetLoader.load(spec, SHAPE, new RowLimits(1000, 100, 0.07, 4096), RowCheck.NONE)
                        .size());
    }

    @Test
    void aDataSetWithoutAUsableRowIsRefusedWhateverTheLimit() throws Exception {
        DataSetSpec spec = file("{}\n{\"prompt\":\"\"}\n");
        assertEquals(
                "data set " + spec
                        + ": 2 of 2 rows are bad, none is usable. line 1: no 'prompt' in a row of shape slime, found:"
                        + " nothing; line 2: 'prompt' is empty",
                refused(spec, LENIENT));
    }

    @Test
    void allBadRowsAreCountedAndTheFirstHundredListed() throws Exception {
        LoadReport report =
                load(GOOD + "{}\n".repeat(150) + "bad\n".repeat(50), LENIENT).report();
        assertEquals(Map.of(BadRowReason.MISSING_PROMPT, 150L, BadRowReason.BAD_JSON, 50L), report.badByReason());
        assertEquals(200, report.bad());
        assertEquals(201, report.rows());
        assertEquals(100, report.firstBad().size());
        assertEquals(101, report.firstBad().getLast().line());
    }

    @Test
    void theReportIsShortAndOneLineWhateverTheRowHolds() throws Exception {
        String detail = load(GOOD + "\u0007x" + "y".repeat(3000) + "\n", LENIENT)
                .report()
                .firstBad()
                .getFirst()
                .detail();
        assertTrue(detail.length() < 250, detail);
        assertTrue(detail.chars().noneMatch(Character::isISOControl), detail);
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        DataSetSpec spec = DataSetSpec.parse(folder.resolve("none.jsonl").toString());
        assertTrue(refused(spec, STRICT).startsWith("data set " + spec + " does not exist"));
    }

    @Test
    void aDirectoryIsRefused() throws Exception {
        Path directory = Files.createDirectory(folder.resolve("d.jsonl"));
        assertEquals(
                "data set " + directory + " is a directory, expected a file",
                refused(DataSetSpec.parse(directory.toString()), STRICT));
    }

    /** Whoever opens a pipe that nobody writes waits for ever. */
    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aPipeIsRefused() throws Exception {
        Path pipe = folder.resolve("p.jsonl");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        assertEquals(
                "data set " + pipe + " is no regular file: a pipe or a device may never end",
                refused(DataSetSpec.parse(pipe.toString()), STRICT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.json", "a.csv", "a.gz", "a.json.gz", "jsonl"})
    void anotherKindOfFileIsRefused(String name) throws Exception {
        DataSetSpec spec = DataSetFiles.write(folder.resolve(name), GOOD);
        assertEquals(
                "data set " + spec + " must end in one of .jsonl, .jsonl.gz, .jsonl.zst, .parquet",
                refused(spec, STRICT));
    }

    @Test
    void aFileThatIsNoGzipIsRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("a.jsonl.gz"), DataSetFiles.rows(100));
        String message = refused(DataSetSpec.parse(file.toString()), STRICT);
        assertTrue(message.startsWith("data set " + file + " is no readable gzip file"), message);
    }

    @Test
    void aTruncatedGzipIsRefused() throws Exception {
        Path file = DataSetFiles.write(folder.resolve("a.jsonl.gz"), DataSetFiles.rows(20_000))
                .path();
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, 5, whole.length / 2, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertEquals(
                    "data set " + file + " is an incomplete gzip file",
                    refused(DataSetSpec.parse(file.toString()), STRICT));
        }
    }

    @Test
    void aDamagedGzipIsRefused() throws Exception {
        Path file = DataSetFiles.write(folder.resolve("a.jsonl.gz"), DataSetFiles.rows(20_000))
                .path();
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 6] ^= 1;
        Files.write(file, bytes);
        String message = refused(DataSetSpec.parse(file.toString()), STRICT);
        assertTrue(message.startsWith("data set " + file + " is no readable gzip file"), message);
    }

    @Test
    void aRowOutsideTheDataSetIsRefused() throws Exception {
        DataSet dataSet = load(GOOD, STRICT);
        assertThrows(IndexOutOfBoundsException.class, () -> dataSet.row(1));
        assertThrows(IndexOutOfBoundsException.class, () -> dataSet.row(-1));
    }

    private PromptRow one(String row) throws Exception {
        return load(row + "\n", STRICT).row(0);
    }

    private DataSet load(String text, RowLimits limits) throws Exception {
        return DataSetLoader.load(file(text), SHAPE, limits, RowCheck.NONE);
    }

    private DataSetSpec file(String text) throws IOException {
        return DataSetFiles.write(folder.resolve("a.jsonl"), text);
    }

    private static String refused(DataSetSpec spec, RowLimits limits) {
        return assertThrows(DataSetException.class, () -> DataSetLoader.load(spec, SHAPE, limits, RowCheck.NONE))
                .getMessage();
    }

    private static List<Long> lines(DataSet dataSet) {
        return IntStream.range(0, dataSet.size())
                .mapToObj(i -> dataSet.row(i).line())
                .toList();
    }
}
