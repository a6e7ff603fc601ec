package io.millrace.trainer.ask;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.trainer.steps.StepLedger;

/**
 * What a trainer is told beside a refusal, so that it can see whether it is the one that the run is with. It never says
 * which lease is open: who was given that knows it.
 *
 * @param weightVersion as the trainer calls it
 * @param step the leased one, or the one that is due
 */
public record Current(Lineage lineage, StepNumber step, WeightVersion weightVersion, Policy.State state) {
    public static Current of(StepLedger ledger) {
        return new Current(
                ledger.lineage(),
                ledger.nextStep(),
                ledger.policy().word(),
                ledger.policy().state());
    }
}
