package io.millrace.trainer.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class GroupJsonTest {
    private static final String HOSTILE = "</script><script>alert(1)</script>\u0000\u001b[31m\u202e\ud800 \"";

    private static RolloutGroup group(int samples, int responseTokens, String prompt, String response) {
        List<SampleHeader> headers = IntStream.range(0, samples)
                .mapToObj(i -> new SampleHeader(
                        i,
                        2,
                        responseTokens,
                        response,
                        Reward.of(i),
                        SampleStatus.COMPLETED,
                        "stop",
                        List.of(
                                new VersionSpan(new WeightVersion(3), 0, 1),
                                new VersionSpan(new WeightVersion(4), 1, responseTokens)),
                        SpanProvenance.SINGLE,
                        List.of("3"),
                        "s",
                        "http://e",
                        0.5,
                        0,
                        0,
                        null))
                .toList();
        GroupHeader header = new GroupHeader(
                new RunId("r"),
                new GroupIndex(0),
                new Attempt(1),
                new Lineage(0),
                new WeightVersion(3),
                new WorkerIncarnation("w1", "a"),
                1,
                2,
                3,
                new Prompt.Text(prompt),
                "2",
                Json.object(),
                new RewardStats(0.5, 0.5),
                headers);
        int[] tokens = IntStream.range(0, samples * (responseTokens + 2)).toArray();
        float[] logProbs = new float[samples * responseTokens];
        for (int i = 0; i < logProbs.length; i++) {
            logProbs[i] = -i;
        }
        byte[] mask = new byte[logProbs.length];
        mask[0] = 1;
        return new RolloutGroup(header, tokens, logProbs, mask, Map.of());
    }

    @Test
    void textOfOthersArrivesAsItIs() {
        RolloutGroup group = group(1, 3, HOSTILE, HOSTILE);
        JsonNode read = Json.MAPPER.readTree(GroupJson.bytes(GroupJson.summary(group, 0)));
        assertEquals(HOSTILE, read.at("/prompt/0/text").stringValue());
        assertEquals(HOSTILE, GroupJson.sample(group, 0, 0, 0).path("text").stringValue());
    }

    @Test
    void theTokensOfASampleAreItsOwn() {
        JsonNode sample = GroupJson.sample(group(3, 5, "p", "r"), 1, 0, 0);
        assertEquals(
                "[9,10,11,12,13]", sample.path("ids").toString(), "behind 7 of the first, and its own prompt of 2");
        assertEquals(-5.0, sample.at("/log_probs/0").asDouble());
        assertEquals("[0,0,0,0,0]", sample.path("mask").toString());
        assertEquals("[3,4,4,4,4]", sample.path("token_versions").toString());
    }

    @Test
    void aHugeGroupComesInPieces() {
        RolloutGroup group = group(100, 2_500, "p".repeat(50_000), "r".repeat(40_000));
        JsonNode summary = GroupJson.summary(group, 0);
        assertEquals(GroupJson.SAMPLES_MAX, summary.path("rows").size());
        assertEquals(100, summary.path("samples").asInt());
        assertEquals(36, GroupJson.summary(group, 64).path("rows").size());
        assertEquals(0, GroupJson.summary(group, 1_000).path("rows").size());
        assertEquals(50_000, summary.at("/prompt/0/chars").asInt());
        assertEquals(
                GroupJson.TEXT_CHARS_MAX,
                summary.at("/prompt/0/text").stringValue().length());
        assertTrue(GroupJson.bytes(summary).length < 200_000);
        JsonNode piece = GroupJson.sample(group, 99, 2_000, 32_000);
        assertEquals(500, piece.path("ids").size());
        assertEquals(100 * 2_502 - 500, piece.at("/ids/0").asInt());
        assertEquals(500, piece.path("token_versions").size());
        assertEquals(8_000, piece.path("text").stringValue().length());
        assertEquals(
                0, GroupJson.sample(group, 0, 9_999_999, 9_999_999).path("ids").size(), "beyond its end");
    }
}
