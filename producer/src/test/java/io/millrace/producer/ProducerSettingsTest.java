package io.millrace.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.reward.Rewards;
import io.millrace.common.testing.SettingsContract;
import io.millrace.producer.source.chat.ChatTemplate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProducerSettingsTest implements SettingsContract<ProducerSettings> {
    @Override
    public Class<ProducerSettings> settings() {
        return ProducerSettings.class;
    }

    @Override
    public Map<String, String> given() {
        return Map.of("run", "demo", "dataset", "prompts.jsonl");
    }

    @Override
    public Map<String, String> examples() {
        return Map.of(
                "groups-max",
                "64",
                "top-k",
                "50",
                "stop-token-ids",
                "7,8",
                "chat-template-kwargs",
                "{\"enable_thinking\": false}",
                "chat-template-date",
                "2026-11-30",
                "answer-tensors",
                "teacher_log_probs",
                "reward-type",
                "boxed_math",
                "label-pattern",
                "#### (.+)");
    }

    private static ProducerSettings bind(Map<String, String> more) {
        Map<String, String> flags = new HashMap<>(Map.of("run", "r", "dataset", "prompts.jsonl"));
        flags.putAll(more);
        return SettingsBinder.of(ProducerSettings.class, flags);
    }

    private static void refused(Map<String, String> flags, String... words) {
        String message = assertThrows(SettingException.class, () -> bind(flags)).getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
    }

    @Test
    void runAndDataSetAreEnough() {
        ProducerSettings settings = bind(Map.of());
        assertEquals(32, settings.batch().batchGroups());
        assertEquals(ChatTemplate.CHATML, settings.data().chatTemplate());
        assertEquals("label", settings.data().shape(ChatTemplate.PLAIN).names().label());
        assertEquals(8_192, settings.sampling().params().maxNewTokens());
        assertEquals(-1, settings.sampling().params().topK());
        assertEquals(0, settings.ops().opsPort());
    }

    @Test
    void aRewardThatNobodyKnowsIsRefusedWithTheKnownOnes() {
        refused(
                Map.of("reward-type", "maths"),
                "--reward-type",
                Rewards.installed().unknown("maths"));
    }

    private static String extra(Map<String, String> flags) {
        return bind(flags).sampling().params().extra().toString();
    }

    @Test
    void furtherSamplingParametersReachTheEngineAsTheyAre() {
        assertEquals(
                "{\"min_p\":0.05,\"sampling_seed\":7}",
                extra(Map.of("sampling-param", "min_p=0.05", "sampling-seed", "7")));
        assertEquals(
                "{\"custom_params\":{\"a\":[1,2]}}", extra(Map.of("sampling-param", "custom_params={\"a\": [1, 2]}")));
        assertEquals("{\"tag\":\"x y\"}", extra(Map.of("sampling-param", "tag=x y")));
        refused(Map.of("sampling-param", "top_p=0.5"), "--sampling-param top_p", "flag of its own");
    }

    @Test
    void everySettingCanBeGiven() {
        ProducerSettings settings = bind(Map.of(
                "dataset", "d.jsonl.gz@[10:20]",
                "chat-template", "plain",
                "stop", "a,b",
                "stop-token-ids", "7,8",
                "temperature", "0.5",
                "top-p", "0.9",
                "label-key", "answer"));
        assertEquals(10, settings.data().spec().slice().from());
        assertEquals(ChatTemplate.PLAIN, settings.data().chatTemplate());
        assertEquals(List.of("a", "b"), settings.sampling().params().stop());
        assertEquals(List.of(7, 8), settings.sampling().params().stopTokenIds());
        assertEquals("answer", settings.data().shape(ChatTemplate.PLAIN).names().label());
    }

    @Test
    void aRunThatCannotFillAStepIsRefused() {
        refused(Map.of("groups-max", "31"), "--groups-max", "--batch-groups", "31", "32");
        assertEquals(32, bind(Map.of("groups-max", "32")).groupsMax());
    }

    @Test
    void valuesOutOfRangeAreRefusedByName() {
        refused(Map.of("top-p", "0"), "top_p", "above 0");
        refused(Map.of("stop-token-ids", "x"), "--stop-token-ids", "x");
        refused(Map.of("dataset", "d.jsonl@[3:1]"), "d.jsonl@[3:1]", "slice");
        refused(Map.of("label-key", "prompt"), "must differ");
        refused(Map.of("label-pattern", "####"), "label_pattern", "exactly one group");
        refused(Map.of("label-pattern", "(#"), "label_pattern", "no regular expression");
        refused(Map.of("chat-template-kwargs", "[1]"), "--chat-template-kwargs", "must be a JSON object");
        refused(Map.of("chat-template-date", "today"), "--chat-template-date", "2026-11-30");
        refused(Map.of("chat-template", "jinja"), "--chat-template", "chatml");
        refused(Map.of("bad-rows-max-share", "1.5"), "--bad-rows-max-share");
    }
}
