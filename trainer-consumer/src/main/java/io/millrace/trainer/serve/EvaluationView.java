package io.millrace.trainer.serve;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.trainer.api.Described;
import io.millrace.trainer.evaluate.score.Evaluation;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an evaluation stands, with the trainer's words for versions in place of the run's numbers: those are below its first
 * one for what was there before it counted.
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record EvaluationView(
        String evalId,
        Evaluation.State state,
        Lineage lineage,
        long weightVersion,

        @Described("what the run's own number of a version is above the trainer's")
        long versionOffset,

        @Nullable @Described("the newest version when its tasks were issued; null before")
        Long issuedVersion,

        long requestedAtMs,
        long timeLimitMs,
        List<EvalDataSet> dataSets,

        @Described("its prompts; 0 before its tasks are issued")
        long groups,

        long done,
        long failed,

        @Nullable @Described("why its tasks could not be issued")
        String cause,

        @Nullable @Described("null before its end") ReportView report) {

    static EvaluationView of(EvaluationStatus status) {
        EvalRecord.Request request = status.request();
        long offset = request.versionOffset();
        return new EvaluationView(
                request.evalId(),
                status.state(),
                request.lineage(),
                request.weightVersion().value() - offset,
                offset,
                word(status.issuedVersion(), offset),
                request.requestedAtMs(),
                request.timeLimitMs(),
                request.dataSets(),
                status.groups(),
                status.done(),
                status.failed(),
                status.cause(),
                status.report() == null ? null : ReportView.of(status.report(), offset));
    }

    /** What came of it. */
    record ReportView(
            String evalId,
            Lineage lineage,
            long weightVersion,

            @Described("false where the time was up before every prompt had ended")
            boolean complete,

            long requestedAtMs,
            long reportedAtMs,
            List<DataSetView> dataSets) {
        static ReportView of(EvalRecord.Report report, long offset) {
            return new ReportView(
                    report.evalId(),
                    report.lineage(),
                    report.weightVersion().value() - offset,
                    report.complete(),
                    report.requestedAtMs(),
                    report.reportedAtMs(),
                    report.dataSets().stream()
                            .map(dataSet -> DataSetView.of(dataSet, offset))
                            .toList());
        }
    }

    /** Of one data set. */
    record DataSetView(
            String name,
            @Described("prompts: done, failed and missing") long groups,
            @Described("prompts with all their samples") long done,

            @Described("prompts given up after their last attempt")
            long failed,

            @Described("prompts that had not ended when the time was up")
            long missing,

            long samples,
            @Nullable Double meanReward,

            @Described("by k: the probability that one of k samples of a prompt passes")
            Map<Integer, Double> passAt,

            @Nullable Double truncatedShare,
            @Nullable Double meanResponseTokens,
            long responseTokens,
            @Nullable Long oldestVersion,
            @Nullable Long newestVersion,
            List<String> causes) {
        static DataSetView of(EvalRecord.DataSetReport report, long offset) {
            return new DataSetView(
                    report.name(),
                    report.groups(),
                    report.done(),
                    report.failed(),
                    report.missing(),
                    report.samples(),
                    report.meanReward(),
                    report.passAt(),
                    report.truncatedShare(),
                    report.meanResponseTokens(),
                    report.responseTokens(),
                    word(report.oldestVersion(), offset),
                    word(report.newestVersion(), offset),
                    report.causes());
        }
    }

    private static @Nullable Long word(@Nullable WeightVersion version, long offset) {
        return version == null ? null : version.value() - offset;
    }
}
