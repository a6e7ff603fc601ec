package io.millrace.sandbox.bench.speed;

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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Groups of 8 samples of one length: ids uniform over a vocabulary of 151,936, log-probabilities of a float's precision,
 * no prompt tokens, four letters of text a token. The draws are those of a seed of the group's number, so every arm, in
 * whatever language, has the same payload.
 */
final class Workload {
    static final int SAMPLES = 8;

    /** So many different payloads are used in turn. */
    static final int DISTINCT = 8;

    private static final int VOCABULARY = 151_936;
    private static final int LETTERS = 26;

    private Workload() {}

    /** Different payloads, of one run, as groups 0, 1, ... */
    static List<RolloutGroup> groups(RunId run, int tokens) {
        List<RolloutGroup> groups = new ArrayList<>();
        for (int i = 0; i < DISTINCT; i++) {
            groups.add(group(run, i, tokens));
        }
        return groups;
    }

    private static RolloutGroup group(RunId run, long number, int tokens) {
        SplittableRandom random = new SplittableRandom(1_000_003 * number + 42);
        int all = SAMPLES * tokens;
        int[] ids = new int[all];
        float[] logProbs = new float[all];
        for (int i = 0; i < all; i++) {
            ids[i] = (int) (random.nextDouble() * VOCABULARY);
        }
        for (int i = 0; i < all; i++) {
            logProbs[i] = (float) (0.5 * Math.log(1 - random.nextDouble()));
        }
        byte[] mask = new byte[all];
        Arrays.fill(mask, (byte) 1);
        double[] rewards = new double[SAMPLES];
        List<SampleHeader> samples = new ArrayList<>();
        for (int i = 0; i < SAMPLES; i++) {
            rewards[i] = random.nextDouble() < 0.5 ? 0 : 1;
            samples.add(sample(number * SAMPLES + i, text(ids, i * tokens, tokens), tokens, rewards[i]));
        }
        GroupHeader header = header(run, number, RewardStats.of(rewards), samples);
        return new RolloutGroup(header, ids, logProbs, mask, Map.of());
    }

    private static String text(int[] ids, int from, int tokens) {
        StringBuilder text = new StringBuilder(4 * tokens);
        for (int i = from; i < from + tokens; i++) {
            int id = ids[i];
            text.append((char) ('a' + id % LETTERS))
                    .append((char) ('a' + id / LETTERS % LETTERS))
                    .append((char) ('a' + id / (LETTERS * LETTERS) % LETTERS))
                    .append(' ');
        }
        return text.toString();
    }

    private static SampleHeader sample(long index, String text, int tokens, double reward) {
        return new SampleHeader(
                index,
                0,
                tokens,
                text,
                Reward.of(reward),
                SampleStatus.COMPLETED,
                "stop",
                List.of(new VersionSpan(new WeightVersion(0), 0, tokens)),
                SpanProvenance.SPANS,
                List.of("0"),
                "session-" + index,
                "http://gpu-1:30000",
                1.5,
                0.25,
                0,
                null);
    }

    private static GroupHeader header(RunId run, long number, RewardStats rewards, List<SampleHeader> samples) {
        return new GroupHeader(
                run,
                new GroupIndex(number),
                new Attempt(1),
                new Lineage(0),
                new WeightVersion(0),
                new WorkerIncarnation("bench", "a1b2c3d4"),
                1_750_000_000_000L,
                1_750_000_000_100L,
                1_750_000_002_000L,
                new Prompt.Text("What is 2 + 2?"),
                "4",
                Json.object().put("rm_type", "math"),
                rewards,
                samples);
    }

    /** The payload of one of the groups as that of another group. */
    static RolloutGroup numbered(List<RolloutGroup> groups, long number) {
        RolloutGroup group = groups.get((int) (number % groups.size()));
        GroupHeader h = group.header();
        List<SampleHeader> samples = new ArrayList<>(SAMPLES);
        for (int i = 0; i < SAMPLES; i++) {
            SampleHeader s = h.samples().get(i);
            samples.add(sample(
                    number * SAMPLES + i,
                    s.response(),
                    s.responseLength(),
                    s.reward().value()));
        }
        return new RolloutGroup(
                header(h.run(), number, h.rewards(), samples),
                group.tokens(),
                group.logProbs(),
                group.lossMask(),
                group.extras());
    }
}
