package io.millrace.trainer.evaluate.score;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.collect.Claims;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

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

    /** @param claims of these evaluations' groups */
    public EvaluationClaims(EvaluationLog evaluations, Claims claims) {
        this.evaluations = evaluations;
        this.claims = claims;
    }

    /**
     * A receipt was read.
     *
     * @return false when it is passed over, since too many wait
     */
    public boolean claimed(Receipt receipt, long offset, long nowNanos) {
        if (evaluations.isIssued(receipt.groupIndex())) {
            claims.claimed(receipt, offset, nowNanos);
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

    /** Whether the receipt says where something stands that an open evaluation waits for. */
    public boolean isWanted(Receipt receipt) {
        return receipt.outcome() instanceof Receipt.Claim
                && evaluations.evaluationOf(receipt.groupIndex()).isPresent()
                && !evaluations.isSettled(receipt.groupIndex())
                && !evaluations.isOver(receipt.groupIndex(), receipt.attempt());
    }

    /** A record of {@code evals} was taken in: receipts that waited for it are judged from now on. */
    public void evaluationsChanged(long nowNanos) {
        while (!early.isEmpty() && evaluations.isIssued(early.firstKey())) {
            for (Early one : early.pollFirstEntry().getValue()) {
                waiting--;
                claims.claimed(one.receipt(), one.offset(), nowNanos);
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
