package io.millrace.trainer.observe;

import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.observe.RunView.Figures;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a step's samples come to: as its lease says, or by the receipts of its groups where it says nothing. Stateless. */
final class FiguresOf {
    private FiguresOf() {}

    static @Nullable Figures lease(StepRecord.Lease lease, GroupTable groups) {
        StepRecord.StepFigures figures = lease.figures();
        if (figures != null) {
            return new Figures(
                    figures.rewards().mean(),
                    figures.rewards().std(),
                    figures.samples() == 0 ? 0 : figures.responseTokens() / (double) figures.samples(),
                    figures.stalenessInFlight(),
                    figures.stalenessInQueue());
        }
        List<RewardStats> rewards = new ArrayList<>();
        long samples = 0;
        long tokens = 0;
        for (StepRecord.ManifestEntry entry : lease.groups()) {
            GroupTable.Group group = groups.get(entry.groupIndex());
            GroupTable.Result result = group == null ? null : group.result;
            if (result == null || !result.attempt().equals(entry.attempt())) {
                return null;
            }
            rewards.add(new RewardStats(result.reward(), result.rewardStd()));
            samples += result.samples();
            tokens += result.responseTokens();
        }
        RewardStats all = RewardStats.over(rewards);
        return new Figures(all.mean(), all.std(), samples == 0 ? 0 : tokens / (double) samples, null, null);
    }
}
