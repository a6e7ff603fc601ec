package io.millrace.sandbox.model.role;

import io.millrace.common.batch.Capacity;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.policy.VersionSettings;
import io.millrace.trainer.steps.StepHistory;
import io.millrace.trainer.steps.StepLedger;

/** The trainer consumer's ledger as any process would rebuild it from the topics. Stateless. */
public final class RebuiltLedger {
    private RebuiltLedger() {}

    /** A ledger as any process would rebuild it from the topics. */
    public static StepLedger folded(Topics topics, Capacity capacity) {
        StepLedger ledger = new StepLedger(capacity, VersionSettings.defaults().rules());
        topics.steps.all().forEach(ledger::fold);
        return opened(topics, ledger);
    }

    /** The same from a snapshot that stands behind all of {@code steps}. */
    public static StepLedger restored(Topics topics, Capacity capacity, StepRecord.Snapshot snapshot) {
        StepLedger ledger = new StepLedger(capacity, VersionSettings.defaults().rules());
        ledger.fold(snapshot);
        return opened(topics, ledger);
    }

    private static StepLedger opened(Topics topics, StepLedger ledger) {
        Policy policy = topics.policy.at(topics.policy.end() - 1);
        ledger.fold(ledger.follows(policy) ? policy : ledger.policyOfSteps());
        if (ledger.isReplaying()) {
            ledger.recorded(history(topics, ledger).steps(ledger.nextStep(), ledger.recordedBefore()));
        }
        return ledger;
    }

    static StepHistory history(Topics topics, StepLedger ledger) {
        StepHistory history = new StepHistory(ledger.lineage());
        topics.steps.all().forEach(history::add);
        return history;
    }

    /** What a ledger knows of the run as a whole. */
    public static void describe(StepLedger ledger, StringBuilder out) {
        Policy policy = ledger.policy();
        out.append(ledger.lineage() + " " + ledger.nextStep() + ledger.openLease() + ledger.totals() + policy
                + ledger.stepsInVersion() + ledger.isReplaying());
    }
}
