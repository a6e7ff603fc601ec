package io.millrace.producer.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.Policy;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetFiles;
import io.millrace.producer.source.load.DataSetLoader;
import io.millrace.producer.source.row.RowCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeCheckTest {
    private static final int SAMPLES = 4;
    private static final int ROWS = 7;

    @TempDir
    Path folder;

    private DataSet dataSet;

    @BeforeEach
    void load() throws Exception {
        dataSet = load(DataSetFiles.rows(ROWS));
    }

    @Test
    void anotherNumberOfSamplesPerGroupIsRefused() {
        String reason = refused(task(order(1), 3), dataSet, order(1), SAMPLES + 1);
        assertTrue(reason.contains("samples-per-group " + SAMPLES), reason);
        assertTrue(reason.contains("configured are " + (SAMPLES + 1)), reason);
    }

    @Test
    void anEmptyTopicBeginsAtGroupZero() {
        assertEquals(new GroupIndex(0), ResumeCheck.next(null, dataSet, order(1), SAMPLES));
    }

    @Test
    void aResumeGoesOnAfterTheLastGroup() {
        assertEquals(new GroupIndex(20), ResumeCheck.next(task(order(1), 19), dataSet, order(1), SAMPLES));
    }

    @Test
    void aChangedDataSetIsRefusedNamingBothFingerprints() throws Exception {
        DataSet changed = load(DataSetFiles.rows(ROWS + 1));
        assertNotEquals(dataSet.fingerprint(), changed.fingerprint());
        String reason = refused(task(order(1), 3), changed, new PromptOrder(1, ROWS + 1, true, 0));
        assertTrue(reason.contains("fingerprint " + dataSet.fingerprint()), reason);
        assertTrue(reason.contains(changed.spec() + " has " + changed.fingerprint()), reason);
    }

    @Test
    void aChangedSeedIsRefusedNamingBoth() {
        String reason = refused(task(order(12), 3), dataSet, order(34));
        assertTrue(reason.contains("begun with seed 12, the configured seed is 34"), reason);
    }

    @Test
    void switchedShufflingIsRefused() {
        PromptOrder shuffled = order(1);
        PromptOrder inFileOrder = new PromptOrder(1, ROWS, false, 0);
        long group = 0;
        while (shuffled.at(new GroupIndex(group)).equals(inFileOrder.at(new GroupIndex(group)))) {
            group++;
        }
        String reason = refused(task(shuffled, group), dataSet, inFileOrder);
        assertTrue(reason.contains("another prompt order: group " + group), reason);
    }

    @Test
    void aRunPastItsLastEpochResumesToNothing() {
        PromptOrder limited = new PromptOrder(1, ROWS, true, 1);
        assertTrue(limited.exhausted(ResumeCheck.next(task(order(1), 2 * ROWS), dataSet, limited, SAMPLES)));
    }

    @Test
    void aResumedRunEqualsAnUninterruptedOne() throws Exception {
        int groups = 5 * ROWS;
        List<TrainingTask> whole = publish(dataSet, null, groups);
        for (int cut = 1; cut < groups; cut++) {
            List<TrainingTask> resumed = new ArrayList<>(whole.subList(0, cut));
            byte[] onTopic = ControlCodec.encode(resumed.getLast());
            resumed.addAll(
                    publish(load(DataSetFiles.rows(ROWS)), ControlCodec.decode(onTopic, TrainingTask.class), groups));
            assertEquals(whole, resumed);
        }
    }

    private static List<TrainingTask> publish(DataSet dataSet, TrainingTask last, int end) {
        PromptOrder order = order(77);
        TaskFactory factory = new TaskFactory(dataSet, order, SAMPLES, SamplingParams.defaults(16), null, 60_000);
        List<TrainingTask> tasks = new ArrayList<>();
        GroupIndex group = ResumeCheck.next(last, dataSet, order, SAMPLES);
        for (; group.value() < end; group = group.next()) {
            tasks.add(factory.task(group, Policy.initial(), 5));
        }
        return tasks;
    }

    private TrainingTask task(PromptOrder order, long group) {
        return new TaskFactory(dataSet, order, SAMPLES, SamplingParams.defaults(16), null, 60_000)
                .task(new GroupIndex(group), Policy.initial(), 5);
    }

    private static PromptOrder order(long seed) {
        return new PromptOrder(seed, ROWS, true, 0);
    }

    private static String refused(TrainingTask last, DataSet dataSet, PromptOrder order) {
        return refused(last, dataSet, order, SAMPLES);
    }

    private static String refused(TrainingTask last, DataSet dataSet, PromptOrder order, int samples) {
        return String.valueOf(
                assertThrows(SettingException.class, () -> ResumeCheck.next(last, dataSet, order, samples))
                        .getMessage());
    }

    private DataSet load(String text) throws Exception {
        return DataSetLoader.load(
                DataSetFiles.write(folder.resolve("a.jsonl"), text),
                DataSetFiles.SHAPE,
                DataSetFiles.STRICT,
                RowCheck.NONE);
    }
}
