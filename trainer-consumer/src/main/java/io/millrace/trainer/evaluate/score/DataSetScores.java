package io.millrace.trainer.evaluate.score;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.EvalRecord.DataSetReport;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Adds up what the groups of one data set came to. One owner. */
final class DataSetScores {
    private final EvalDataSet asked;
    private final long groups;
    private final Map<Integer, Double> passAt = new TreeMap<>();
    private final List<String> causes = new ArrayList<>();
    private long done;
    private long failed;
    private long samples;
    private double rewards;
    private long truncated;
    private long responseTokens;
    private @Nullable WeightVersion oldest;
    private @Nullable WeightVersion newest;

    /** @param groups how many it has; 0 while that is not known */
    DataSetScores(EvalDataSet asked, long groups) {
        this.asked = asked;
        this.groups = groups;
    }

    void add(GroupScore score) {
        int n = score.rewards().length;
        if (n != asked.samples()) {
            failed("a result has " + n + " samples, " + asked.samples() + " were asked for");
            return;
        }
        done++;
        samples += n;
        for (double reward : score.rewards()) {
            rewards += reward;
        }
        int passed = score.passed(asked.passReward());
        for (int k : PassAt.reported(n)) {
            passAt.merge(k, PassAt.estimate(n, passed, k), Double::sum);
        }
        truncated += score.truncated();
        responseTokens += score.responseTokens();
        oldest = oldest == null || score.oldestVersion().compareTo(oldest) < 0 ? score.oldestVersion() : oldest;
        newest = newest == null || score.newestVersion().compareTo(newest) > 0 ? score.newestVersion() : newest;
    }

    void failed(String cause) {
        failed++;
        if (causes.size() < DataSetReport.CAUSES_MAX) {
            causes.add(cause);
        }
    }

    DataSetReport report() {
        Map<Integer, Double> means = new TreeMap<>();
        passAt.forEach((k, sum) -> means.put(k, sum / done));
        return new DataSetReport(
                asked.name(),
                groups,
                done,
                failed,
                groups - done - failed,
                samples,
                samples == 0 ? null : rewards / samples,
                means,
                samples == 0 ? null : (double) truncated / samples,
                samples == 0 ? null : (double) responseTokens / samples,
                responseTokens,
                oldest,
                newest,
                causes);
    }
}
