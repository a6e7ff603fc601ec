package io.millrace.trainer.evaluate.score;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.collect.Claims;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What receipts of evaluations say stands on {@code eval-results}, for {@link Claims} to judge. A receipt that comes before
 * the record of its group's tasks waits for that, since only then it is known whose the group is. Pure; times are of the
 * caller's monotonic clock. One owner.
 */
public final class EvaluationClaims {
    private record Early(Receipt receipt, long offset) {}

    private final EvaluationLog evaluations;
    private final Claims claims;
    private final NavigableMap<GroupIndex, List<Early>> early = new TreeMap<>();
    private int waiting;
    /** By partition of the results: where they began, and from where they are read; empty until that is settled. */
    private Map<Integer, Long> begins = Map.of();

    private Map<Integer, Long> from = Map.of();
    private @Nullable Receipt leftOut;

    /** @param claims of these evaluations' groups */
    public EvaluationClaims(EvaluationLog evaluations, Claims claims) {
        this.evaluations = evaluations;
        this.claims = claims;
    }

    /**
     * From where results are read; what receipts name between both, from now on, is noticed ({@link #leftOut}).
     *
     * @param begins first offset of each partition
     * @param from which is read first of each partition
     */
    public void readFrom(Map<Integer, Long> begins, Map<Integer, Long> from) {
        this.begins = Map.copyOf(begins);
        this.from = Map.copyOf(from);
    }

    /**
     * A receipt of a result that an open evaluation waits for and that stands below where results are read; empty when
     * there is none. By a report only older evaluations have results there, so the log has lost what stood there.
     */
    public Optional<Receipt> leftOut() {
        return Optional.ofNullable(leftOut);
    }

    /**
     * A receipt was read.
     *
     * @return false when it is passed over, since too many wait
     */
    public boolean claimed(Receipt receipt, long offset, long nowNanos) {
        if (evaluations.isIssued(receipt.groupIndex())) {
            judge(receipt, offset, nowNanos);
            return true;
        }
        if (!(receipt.outcome() instanceof Receipt.Claim)) {
            return true;
        }
        if (waiting >= EvaluationLog.EARLY_MAX) {
            return false;
        }
        waiting++;
        early.computeIfAbsent(receipt.groupIndex(), index -> new ArrayList<>(1)).add(new Early(receipt, offset));
        return true;
    }

    private void judge(Receipt receipt, long offset, long nowNanos) {
        if (receipt.outcome() instanceof Receipt.Claim claim && isUnread(claim) && isWanted(receipt)) {
            leftOut = receipt;
        }
        claims.claimed(receipt, offset, nowNanos);
    }

    private boolean isUnread(Receipt.Claim claim) {
        return claim.offsets().stream()
                .anyMatch(at -> at >= begins.getOrDefault(claim.partition(), 0L)
                        && at < from.getOrDefault(claim.partition(), 0L));
    }

    private boolean isWanted(Receipt receipt) {
        return evaluations.evaluationOf(receipt.groupIndex()).isPresent()
                && !evaluations.isSettled(receipt.groupIndex())
                && !evaluations.isOver(receipt.groupIndex(), receipt.attempt());
    }

    /** A record of {@code evals} was taken in: receipts that waited for it are judged from now on. */
    public void evaluationsChanged(long nowNanos) {
        while (!early.isEmpty() && evaluations.isIssued(early.firstKey())) {
            for (Early one : early.pollFirstEntry().getValue()) {
                waiting--;
                judge(one.receipt(), one.offset(), nowNanos);
            }
        }
    }

    /** What is to be put on record of results that were found missing; nothing of evaluations that have ended since. */
    public List<EvalRecord.Missing> records(List<StepRecord.Missing> found) {
        List<EvalRecord.Missing> records = new ArrayList<>();
        for (StepRecord.Missing missing : found) {
            evaluations
                    .evaluationOf(missing.groupIndex())
                    .ifPresent(id -> records.add(EvalRecord.Missing.of(id, missing)));
        }
        return records;
    }
}
