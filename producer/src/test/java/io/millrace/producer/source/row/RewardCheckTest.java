package io.millrace.producer.source.row;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.reward.Rewards;
import io.millrace.producer.source.column.BadRowReason;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetException;
import io.millrace.producer.source.load.DataSetFiles;
import io.millrace.producer.source.load.DataSetLoader;
import io.millrace.producer.source.load.LoadReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that no worker could score are bad rows, and count with the others. */
class RewardCheckTest {
    @TempDir
    Path folder;

    private DataSet load(@Nullable String defaultType, String... rows) throws Exception {
        return DataSetLoader.load(
                DataSetFiles.write(folder.resolve("a.jsonl"), String.join("\n", rows) + "\n"),
                DataSetFiles.SHAPE,
                DataSetFiles.LENIENT,
                new RewardCheck(defaultType));
    }

    private static List<String> bad(DataSet dataSet) {
        return dataSet.report().firstBad().stream()
                .map(LoadReport.BadRow::toString)
                .toList();
    }

    @Test
    void aRewardThatNobodyKnowsIsABadRow() throws Exception {
        DataSet dataSet = load(
                "math",
                "{\"prompt\": \"a\", \"label\": \"1\"}",
                "{\"prompt\": \"b\", \"label\": \"1\", \"metadata\": {\"rm_type\": \"no_such_reward\"}}",
                "{\"prompt\": \"c\", \"label\": \"1\", \"metadata\": {\"rm_type\": 5}}",
                "{\"prompt\": \"d\", \"label\": \"1\", \"metadata\": {\"rm_type\": \" boxed_f1 \"}}");
        assertEquals(2, dataSet.size());
        assertEquals(2, dataSet.report().badByReason().get(BadRowReason.UNKNOWN_REWARD));
        assertTrue(
                bad(dataSet).getFirst().contains(Rewards.installed().unknown("no_such_reward")),
                bad(dataSet)::toString);
    }

    @Test
    void aRowWithoutTheLabelThatItsRewardNeedsIsABadRow() throws Exception {
        DataSet dataSet = load(
                "math",
                "{\"prompt\": \"a\"}",
                "{\"prompt\": \"b\", \"label\": \" \"}",
                "{\"prompt\": \"c\", \"metadata\": {\"rm_type\": \"random\"}}",
                "{\"prompt\": \"d\", \"label\": \"1\"}");
        assertEquals(2, dataSet.size());
        assertEquals(2, dataSet.report().badByReason().get(BadRowReason.NO_LABEL));
        assertTrue(bad(dataSet).getFirst().contains("reward math: it compares with a label"), bad(dataSet)::toString);
    }

    /** Each would be generated as often as attempts may fail, and given up. */
    @Test
    void aLabelThatItsRewardCannotCompareWithIsABadRow() throws Exception {
        DataSet dataSet = load(
                "dapo",
                "{\"prompt\": \"a\", \"label\": \"three\"}",
                "{\"prompt\": \"b\", \"label\": \"1e400\"}",
                "{\"prompt\": \"c\", \"label\": \"" + "9".repeat(1001) + "\"}",
                "{\"prompt\": \"d\", \"label\": \"$12$\"}",
                "{\"prompt\": \"e\", \"label\": \"\\\\boxed{5\", \"metadata\": {\"rm_type\": \"math\"}}",
                "{\"prompt\": \"f\", \"label\": \"" + "9".repeat(2001)
                        + "\", \"metadata\": {\"rm_type\": \"boxed_math\"}}",
                "{\"prompt\": \"g\", \"label\": \"so \\\\boxed{5}\", \"metadata\": {\"rm_type\": \"math\"}}",
                "{\"prompt\": \"i\", \"label\": \"three\", \"metadata\": {\"rm_type\": \"f1\"}}",
                "{\"prompt\": \"j\", \"label\": \"three\", \"metadata\": {\"rm_type\": \"random\"}}");
        assertEquals(Map.of(BadRowReason.BAD_LABEL, 5L), dataSet.report().badByReason());
        assertEquals(4, dataSet.size());
        assertEquals(1, dataSet.report().firstBad().getFirst().line());
        assertTrue(
                bad(dataSet).getFirst().contains("reward dapo: it needs a label that is a number, got: three"),
                bad(dataSet)::toString);
        assertTrue(
                bad(dataSet)
                        .get(3)
                        .contains("reward math: it has a label with a \\boxed that is not closed: \\boxed{5"),
                bad(dataSet)::toString);
    }

    /** slime's custom_rm_path, of the run or of the row. */
    @Test
    void aFunctionOfPythonsJudgesWhateverTheRowNamesAndNeedsNoLabel() throws Exception {
        DataSet dataSet = load(
                "my_rewards.score",
                "{\"prompt\": \"a\"}",
                "{\"prompt\": \"b\", \"metadata\": {\"rm_type\": \"math\"}}",
                "{\"prompt\": \"c\", \"metadata\": {\"custom_rm_path\": \"other.score\"}}",
                "{\"prompt\": \"d\", \"metadata\": {\"custom_rm_path\": \"no function\"}}");
        assertEquals(3, dataSet.size());
        assertTrue(
                bad(dataSet).getFirst().contains("custom_rm_path must be a module.function of Python's"),
                bad(dataSet)::toString);
    }

    @Test
    void aRowWithoutAnyRewardIsABadRow() throws Exception {
        DataSet dataSet = load(
                null,
                "{\"prompt\": \"a\", \"label\": \"1\"}",
                "{\"prompt\": \"b\", \"label\": \"1\", \"metadata\": {\"rm_type\": \"\"}}",
                "{\"prompt\": \"c\", \"label\": \"1\", \"metadata\": {\"rm_type\": \"f1\"}}");
        assertEquals(1, dataSet.size());
        assertEquals(2, dataSet.report().badByReason().get(BadRowReason.NO_REWARD));
    }

    @Test
    void aDataSetWhoseRowsLackLabelsIsRefusedSayingWhy() {
        String refused = assertThrows(
                        DataSetException.class,
                        () -> DataSetLoader.load(
                                DataSetFiles.write(folder.resolve("b.jsonl"), "{\"prompt\": \"a\"}\n"),
                                DataSetFiles.SHAPE,
                                DataSetFiles.STRICT,
                                new RewardCheck("dapo")))
                .getMessage();
        assertTrue(refused.contains("reward dapo: it compares with a label, and there is none"), refused);
    }

    @Test
    void aDefaultThatNobodyKnowsIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new RewardCheck("nonsense"));
    }
}
