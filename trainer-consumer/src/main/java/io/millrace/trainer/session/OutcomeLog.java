package io.millrace.trainer.session;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.decide.FirstRewards;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.decide.Outcome;
import io.millrace.trainer.decide.StepChooser;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts and says what became of results and groups, once it is on record. One for each session; owned by the loop. */
final class OutcomeLog {
    private static final Logger log = LoggerFactory.getLogger(OutcomeLog.class);

    private final TrainerMetrics metrics;
    private final FirstRewards rewards;
    private final StalenessFigures staleness = new StalenessFigures();
    private final LengthFigures lengths = new LengthFigures();

    /** @param rewards counts over all sessions */
    OutcomeLog(TrainerMetrics metrics, FirstRewards rewards) {
        this.metrics = metrics;
        this.rewards = rewards;
    }

    void happened(List<Outcome> outcomes) {
        outcomes.forEach(this::happened);
    }

    private void happened(Outcome outcome) {
        switch (outcome) {
            case Outcome.GroupFinished finished -> {
                lengths.generated(finished.group().responseTokens());
                rewards.finished(finished.group().groupIndex(), finished.group().rewards())
                        .ifPresent(log::warn);
                log.debug("group {} has finished", finished.group().groupIndex());
            }
            case Outcome.GroupDiscarded discarded -> {
                metrics.discarded(discarded.reason());
                discarded(discarded);
            }
            case Outcome.GroupAbandoned abandoned -> {
                metrics.count(TrainerMetrics.Count.ABANDONED);
                log.warn("group {} is abandoned: {}", abandoned.groupIndex(), abandoned.cause());
            }
            case Outcome.ResultRejected(ResultEvent.Invalid result) -> {
                metrics.rejected(result.flaw());
                log.warn(
                        "result of group {} attempt {} at partition {} offset {} is rejected: {}",
                        result.groupIndex(),
                        result.attempt(),
                        result.partition(),
                        result.offset(),
                        result.reason());
            }
            case Outcome.ResultTakenBack back -> {
                metrics.count(TrainerMetrics.Count.LATE);
                log.warn(
                        "the result of group {} attempt {} is taken back: {}",
                        back.group().groupIndex(),
                        back.group().attempt(),
                        back.reason());
            }
            case Outcome.ResultRepeated repeated -> metrics.count(TrainerMetrics.Count.DUPLICATE);
            case Outcome.ResultMissing missing -> {
                metrics.count(TrainerMetrics.Count.MISSING);
                missing(missing.missing());
            }
            case Outcome.RecordSkipped skipped -> {
                ResultEvent.Unreadable record = skipped.record();
                metrics.skipped(record.problem());
                log.warn(
                        "record at partition {} offset {} of the results names no group and is skipped: {}",
                        record.partition(),
                        record.offset(),
                        record.detail());
            }
        }
    }

    /** What filters drop is their purpose, and may be most of what finishes; what a resumption gives up was asked for. */
    private static void discarded(Outcome.GroupDiscarded discarded) {
        GroupIndex index = discarded.group().groupIndex();
        switch (discarded.reason()) {
            case StepChooser.STALE -> log.warn("group {} is discarded: {}", index, discarded.why());
            case Intake.LINEAGE -> log.info("group {} is discarded: {}", index, discarded.why());
            default -> log.debug("group {} is discarded: {}", index, discarded.reason());
        }
    }

    private static void missing(StepRecord.Missing missing) {
        log.warn(
                "the result of group {} attempt {} is not at partition {} offsets {}, where its receipt says: {};"
                        + " the group is issued again",
                missing.groupIndex(),
                missing.attempt(),
                missing.partition(),
                missing.offsets(),
                missing.reason().text());
    }

    /** A step of these groups is handed over. */
    void leased(StepRecord.Lease lease, List<FinishedGroup> groups) {
        WeightVersion version = lease.weightVersion();
        for (FinishedGroup group : groups) {
            WeightVersion oldest = StalenessFigures.unmasked(group.oldestVersion(), lease.maskBelow());
            staleness.add(version, oldest, group.newestVersion());
            metrics.staleness(version, oldest, group.newestVersion());
            lengths.trained(group.responseTokens());
        }
    }

    /** Of the groups handed over in this session. */
    StalenessFigures.Snapshot staleness() {
        return staleness.snapshot();
    }

    FirstRewards rewards() {
        return rewards;
    }

    LengthFigures lengths() {
        return lengths;
    }
}
