package io.millrace.common.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.rollout.VersionSpan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import tools.jackson.databind.node.ObjectNode;

/** Rollout groups of random shape, valid and seeded: the same random gives the same group. */
public final class TestingGroups {
    public static final RunId RUN = new RunId("testing");

    private static final String[] TEXTS = {
        "", "2", "Größe \"x\"\n", "数学 √4", "\uD83D\uDE00", "tab\tand \\ and \u0001", "cut here \uD83D", "\uDE00 half"
    };
    /** Without halves of letters, which have no UTF-8 form; the last is long enough to be packed. */
    private static final String[] RESPONSES = {
        "", "2", "Größe \"x\"\n", "数学 √4", "\uD83D\uDE00", "tab\tand \\ and \u0001", "So x = 2 and y = 3. ".repeat(40)
    };

    private static final String[] DTYPES = {"U8", "I8", "I16", "F16", "I32", "F32", "I64", "F64"};

    private TestingGroups() {}

    /** 1 to 5 samples, prompts of 0 to 9 and responses of 0 to 20 tokens, 0 to 3 extras. */
    public static RolloutGroup random(RandomGenerator random, long groupIndex) {
        return random(random, groupIndex, randomExtras(random));
    }

    public static RolloutGroup random(RandomGenerator random, long groupIndex, Map<String, Tensor> extras) {
        GroupIndex index = new GroupIndex(groupIndex);
        int count = 1 + random.nextInt(5);
        List<SampleHeader> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            samples.add(randomSample(random, index.sampleIndex(i, count)));
        }
        GroupHeader header = new GroupHeader(
                RUN,
                index,
                new Attempt(1 + random.nextInt(3)),
                new Lineage(random.nextInt(3)),
                new WeightVersion(random.nextInt(100)),
                new WorkerIncarnation("host-" + random.nextInt(4), "inc" + random.nextInt(9)),
                random.nextLong(2_000_000_000_000L),
                random.nextLong(2_000_000_000_000L),
                random.nextLong(2_000_000_000_000L),
                randomPrompt(random),
                random.nextBoolean() ? null : text(random),
                Json.object().put("rm_type", text(random)),
                new RewardStats(random.nextDouble(), random.nextDouble()),
                samples);
        int tokenCount = samples.stream().mapToInt(SampleHeader::tokenCount).sum();
        int responseCount =
                samples.stream().mapToInt(SampleHeader::responseLength).sum();
        // Three bytes each, or one that needs four.
        int tokensEnd = random.nextInt(3) == 0 ? Integer.MAX_VALUE : 1 << 24;
        int[] tokens = random.ints(tokenCount, 0, tokensEnd).toArray();
        boolean masked = random.nextBoolean();
        float[] logProbs = new float[responseCount];
        byte[] lossMask = new byte[responseCount];
        for (int i = 0; i < responseCount; i++) {
            logProbs[i] = -random.nextFloat() * 30;
            lossMask[i] = (byte) (masked ? random.nextInt(2) : 1);
        }
        return new RolloutGroup(header, tokens, logProbs, lossMask, extras);
    }

    public static Tensor randomTensor(RandomGenerator random, String dtype, long... shape) {
        long count = 1;
        for (long size : shape) {
            count *= size;
        }
        byte[] data = new byte[(int) count * Tensor.width(dtype)];
        random.nextBytes(data);
        return new Tensor(dtype, shape, data);
    }

    /** Groups have arrays, so their own equality is no help. */
    public static void assertSame(RolloutGroup expected, RolloutGroup actual) {
        assertEquals(expected.header(), actual.header());
        assertArrayEquals(expected.tokens(), actual.tokens(), "tokens");
        assertArrayEquals(expected.logProbs(), actual.logProbs(), "log_probs");
        assertArrayEquals(expected.lossMask(), actual.lossMask(), "loss_mask");
        assertEquals(expected.extras(), actual.extras());
    }

    private static SampleHeader randomSample(RandomGenerator random, long index) {
        int responseLength = random.nextInt(4) == 0 ? 0 : random.nextInt(21);
        List<VersionSpan> spans = new ArrayList<>();
        int at = 0;
        while (at < responseLength) {
            int to = at + 1 + random.nextInt(responseLength - at);
            spans.add(new VersionSpan(new WeightVersion(random.nextInt(50)), at, to));
            at = to;
        }
        ObjectNode detail = random.nextBoolean()
                ? null
                : Json.object().put("pred", text(random)).put("acc", random.nextBoolean());
        return new SampleHeader(
                index,
                random.nextInt(10),
                responseLength,
                oneOf(random, RESPONSES),
                new Reward(random.nextGaussian(), detail),
                oneOf(random, SampleStatus.values()),
                random.nextBoolean() ? "stop" : "length",
                spans,
                oneOf(random, SpanProvenance.values()),
                spans.isEmpty() ? List.of() : List.of("v" + random.nextInt(9)),
                "session-" + random.nextInt(1000),
                "http://gpu-" + random.nextInt(9) + ":30000",
                random.nextDouble() * 100,
                random.nextDouble(),
                random.nextInt(100),
                random.nextInt(4) == 0 ? new SampleHeader.SpecInfo(1, 2, 3, random.nextInt(100)) : null);
    }

    private static Prompt randomPrompt(RandomGenerator random) {
        return switch (random.nextInt(3)) {
            case 0 -> new Prompt.Text(text(random));
            case 1 -> new Prompt.Messages(List.of(new ChatMessage("user", text(random))), text(random));
            default ->
                new Prompt.TokenIds(
                        random.ints(1 + random.nextInt(9), 0, 200_000).toArray());
        };
    }

    private static Map<String, Tensor> randomExtras(RandomGenerator random) {
        Map<String, Tensor> extras = new HashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            long[] shape = random.ints(random.nextInt(4), 0, 4).asLongStream().toArray();
            extras.put("extra_" + random.nextInt(20), randomTensor(random, oneOf(random, DTYPES), shape));
        }
        return extras;
    }

    private static String text(RandomGenerator random) {
        return oneOf(random, TEXTS);
    }

    private static <T> T oneOf(RandomGenerator random, T[] values) {
        return values[random.nextInt(values.length)];
    }
}
