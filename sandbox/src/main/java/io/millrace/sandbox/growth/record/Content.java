package io.millrace.sandbox.growth.record;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.BadRecordException;
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
import io.millrace.common.wire.PackedGroup;
import io.millrace.common.wire.RolloutGroupCodec;
import java.util.List;
import java.util.Map;

/** A group's content, which stands for all: the pure rooms do not look into it. */
public final class Content {
    private Content() {}

    public static PackedGroup one() {
        GroupIndex index = new GroupIndex(0);
        WeightVersion version = new WeightVersion(0);
        SampleHeader sample = new SampleHeader(
                index.sampleIndex(0, 1),
                0,
                2,
                "",
                Reward.of(0),
                SampleStatus.COMPLETED,
                "stop",
                List.of(new VersionSpan(version, 0, 2)),
                SpanProvenance.SPANS,
                List.of(),
                "",
                "",
                0,
                0,
                0,
                null);
        GroupHeader header = new GroupHeader(
                new RunId("growth"),
                index,
                new Attempt(1),
                new Lineage(0),
                version,
                new WorkerIncarnation("worker", "a"),
                0,
                0,
                0,
                new Prompt.Text(""),
                null,
                Json.object(),
                new RewardStats(0, 0),
                List.of(sample));
        try {
            return PackedGroup.read(RolloutGroupCodec.encode(
                    new RolloutGroup(header, new int[2], new float[2], new byte[] {1, 1}, Map.of())));
        } catch (BadRecordException e) {
            throw new IllegalStateException("what was just encoded is good", e);
        }
    }
}
