package io.millrace.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.testing.SettingsContract;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainerSettingsTest implements SettingsContract<TrainerSettings> {
    @Override
    public Class<TrainerSettings> settings() {
        return TrainerSettings.class;
    }

    @Override
    public Map<String, String> given() {
        // A lineage is opened at a step, and an evaluation is one of a data set, so those are given too.
        return Map.of("run", "demo", "resume-step", "3", "eval-dataset", "a=a.jsonl");
    }

    @Override
    public Map<String, String> examples() {
        return Map.of("filter", "aborted,zero-std", "eval-dataset", "b=b.jsonl,c=c.jsonl@[0:8]", "eval-top-k", "20");
    }

    private static TrainerSettings bind(Map<String, String> flags) {
        Map<String, String> all = new HashMap<>(flags);
        all.putIfAbsent("run", "testing");
        return SettingsBinder.of(TrainerSettings.class, all);
    }

    @Test
    void theDefaultsFitTogether() {
        TrainerSettings settings = bind(Map.of());
        assertEquals(32, settings.batch().batchGroups());
        assertEquals(8, settings.batch().samplesPerGroup());
        assertEquals(9400, settings.ops().opsPort());
        assertEquals("127.0.0.1", settings.ops().opsHost());
    }

    @Test
    void everySettingCanBeGiven() {
        TrainerSettings settings = bind(Map.of(
                "batch-groups", "128",
                "pipeline-depth", "0",
                "steps-per-version", "4",
                "payload-memory-max", "0",
                "trainer-host", "0.0.0.0",
                "trainer-port", "0"));
        assertEquals(128, settings.batch().batchGroups());
        assertEquals(4, settings.batch().capacity().stepsUntilNewVersion());
        assertEquals(0, settings.payloadMemoryMax().bytes());
        assertEquals("0.0.0.0", settings.host());
    }

    @Test
    void aLeaseThatFitsNoRecordIsRefused() {
        String message = assertThrows(SettingException.class, () -> bind(Map.of("batch-groups", "100000")))
                .getMessage();
        assertTrue(message.contains("--batch-groups") && message.contains("at most 41943"), message);
    }

    @Test
    void partsThatNeverFitTogetherAreRefused() {
        String message = assertThrows(SettingException.class, () -> bind(Map.of("parts-memory-max", "1MiB")))
                .getMessage();
        assertTrue(message.contains("--parts-memory-max") && message.contains("16MiB"), message);
    }

    private static String refusal(Map<String, String> flags) {
        return assertThrows(SettingException.class, () -> bind(flags)).getMessage();
    }

    @Test
    void filtersAreNamedOnceAndKnownAndCanKeepAGroup() {
        assertEquals(
                List.of("zero-std", "aborted"),
                bind(Map.of("filter", "zero-std,aborted")).filters().filters());
        String unknown = refusal(Map.of("filter", "zero-variance"));
        assertTrue(unknown.contains("--filter must be of zero-std, aborted, was 'zero-variance'"), unknown);
        String twice = refusal(Map.of("filter", "aborted,aborted"));
        assertTrue(twice.contains("--filter: there are two filters called aborted"), twice);
        String all = refusal(Map.of("filter", "zero-std", "samples-per-group", "1"));
        assertTrue(all.contains("--filter and --samples-per-group"), all);
    }

    @Test
    void dataSetsOfEvaluationsHaveANameAndAPath() {
        String none = refusal(Map.of("eval-interval", "10"));
        assertTrue(none.contains("--eval-interval and --eval-dataset"), none);
        String nameless = refusal(Map.of("eval-dataset", "data.jsonl"));
        assertTrue(nameless.contains("--eval-dataset: must be name=path, was 'data.jsonl'"), nameless);
        String twice = refusal(Map.of("eval-dataset", "a=a.jsonl,a=b.jsonl"));
        assertTrue(twice.contains("two data sets are named 'a'"), twice);
        String word = refusal(Map.of("eval-dataset", "held out=a.jsonl"));
        assertTrue(word.contains("the name of a data set must be 1 to 64 letters"), word);
        String share = refusal(Map.of("eval-top-p", "0"));
        assertTrue(share.contains("--eval-top-p") && share.contains("top_p must be above 0"), share);
    }
}
