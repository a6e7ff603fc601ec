package io.millrace.common.rollout;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.RewardStats;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Small valid groups. */
public final class TestingRollouts {
    public static final RunId RUN = new RunId("testing");
    public static final WorkerIncarnation WORKER = new WorkerIncarnation("worker", "life");
    private static final int PROMPT_TOKENS = 2;
    private static final int RESPONSE_TOKENS = 3;

    private TestingRollouts() {}

    /** A group of this run; its tokens tell index, attempt and sample. */
    public static RolloutGroup group(long index, int attempt, int samples) {
        return group(RUN, index, attempt, samples, new Reward(0.5, null), "the answer");
    }

    /** The same group, the tokens of each of its samples made by these versions, one for each token. */
    public static RolloutGroup withVersions(RolloutGroup group, long... versions) {
        List<VersionSpan> spans = new ArrayList<>();
        for (int i = 0; i < RESPONSE_TOKENS; i++) {
            spans.add(new VersionSpan(new WeightVersion(versions[i]), i, i + 1));
        }
        List<SampleHeader> samples = group.header().samples().stream()
                .map(sample -> new SampleHeader(
                        sample.index(),
                        sample.promptLength(),
                        sample.responseLength(),
                        sample.response(),
                        sample.reward(),
                        sample.status(),
                        sample.finishReason(),
                        spans,
                        SpanProvenance.SPANS,
                        sample.engineWeightVersions(),
                        sample.sessionId(),
                        sample.engine(),
                        sample.generationSeconds(),
                        sample.nonGenerationSeconds(),
                        sample.cachedTokens(),
                        sample.spec()))
                .toList();
        return with(group, group.header().lineage(), samples);
    }

    /** The same group, issued in this lineage. */
    public static RolloutGroup inLineage(RolloutGroup group, long lineage) {
        return with(group, new Lineage(lineage), group.header().samples());
    }

    private static RolloutGroup with(RolloutGroup group, Lineage lineage, List<SampleHeader> samples) {
        GroupHeader header = group.header();
        return new RolloutGroup(
                new GroupHeader(
                        header.run(),
                        header.groupIndex(),
                        header.attempt(),
                        lineage,
                        header.issueVersion(),
                        header.worker(),
                        header.issuedAtMs(),
                        header.claimedAtMs(),
                        header.finishedAtMs(),
                        header.prompt(),
                        header.label(),
                        header.metadata(),
                        header.rewards(),
                        samples),
                group.tokens(),
                group.logProbs(),
                group.lossMask(),
                group.extras());
    }

    /**
     * A group whose executions made several samples each.
     *
     * @param siblings how many each of them made
     */
    public static RolloutGroup withSiblings(long index, int... siblings) {
        RolloutGroup flat = group(index, 1, IntStream.of(siblings).sum());
        List<SampleHeader> samples = new ArrayList<>();
        for (int rollout = 0; rollout < siblings.length; rollout++) {
            long sampleIndex = new GroupIndex(index).sampleIndex(rollout, siblings.length);
            for (int i = 0; i < siblings[rollout]; i++) {
                SampleHeader sample = flat.header().samples().get(samples.size());
                samples.add(new SampleHeader(
                        sampleIndex,
                        sample.promptLength(),
                        sample.responseLength(),
                        sample.response(),
                        sample.reward(),
                        sample.status(),
                        sample.finishReason(),
                        sample.weightVersions(),
                        sample.provenance(),
                        sample.engineWeightVersions(),
                        sample.sessionId(),
                        sample.engine(),
                        sample.generationSeconds(),
                        sample.nonGenerationSeconds(),
                        sample.cachedTokens(),
                        sample.spec(),
                        null,
                        siblings[rollout] == 1 ? null : sampleIndex,
                        Json.object().put("sibling", i)));
            }
        }
        return with(flat, flat.header().lineage(), samples);
    }

    public static RolloutGroup group(RunId run, long index, int attempt, int samples, Reward reward, String response) {
        GroupIndex group = new GroupIndex(index);
        List<SampleHeader> headers = new ArrayList<>();
        int[] tokens = new int[samples * (PROMPT_TOKENS + RESPONSE_TOKENS)];
        float[] logProbs = new float[samples * RESPONSE_TOKENS];
        byte[] mask = new byte[samples * RESPONSE_TOKENS];
        for (int i = 0; i < samples; i++) {
            headers.add(new SampleHeader(
                    group.sampleIndex(i, samples),
                    PROMPT_TOKENS,
                    RESPONSE_TOKENS,
                    response,
                    reward,
                    SampleStatus.COMPLETED,
                    "stop",
                    List.of(new VersionSpan(new WeightVersion(0), 0, RESPONSE_TOKENS)),
                    SpanProvenance.SINGLE,
                    List.of("0"),
                    "session-" + i,
                    "http://127.0.0.1:30000",
                    1.5,
                    0.25,
                    1,
                    null));
        }
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = (int) (index * 1000 + attempt * 100L + i);
        }
        for (int i = 0; i < logProbs.length; i++) {
            logProbs[i] = -0.1f * (i + 1);
            mask[i] = (byte) (i % 2);
        }
        GroupHeader header = new GroupHeader(
                run,
                group,
                new Attempt(attempt),
                new Lineage(0),
                new WeightVersion(0),
                WORKER,
                1,
                2,
                3,
                new Prompt.Text("what is 1+1?"),
                "2",
                Json.object().put("rm_type", "math"),
                new RewardStats(reward.value(), 0),
                headers);
        return new RolloutGroup(header, tokens, logProbs, mask, Map.of());
    }
}
