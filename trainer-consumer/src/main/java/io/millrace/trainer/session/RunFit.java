package io.millrace.trainer.session;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.batch.RunAgreement;
import io.millrace.common.config.SettingException;
import io.millrace.common.record.RunRecord;
import io.millrace.common.topics.TopicSettings;

/** Whether this trainer consumer fits the run, as its producer says. Owned by the loop; no client inside. */
final class RunFit {
    private final BatchSettings batch;
    private final int resultPartitions;
    private final long recordSizeMax;
    private boolean known;

    RunFit(BatchSettings batch, TopicSettings topics) {
        this.batch = batch;
        this.resultPartitions = topics.resultPartitions();
        this.recordSizeMax = topics.recordSizeMax().bytes();
    }

    /** @throws SettingException when it does not fit: waiting for groups of this run would have no end */
    void accept(RunRecord run) {
        RunAgreement.refusesTrainer(run, batch, resultPartitions, recordSizeMax).ifPresent(refusal -> {
            throw new SettingException(refusal);
        });
        known = true;
    }

    /** Whether the run's producer has ever started. */
    boolean known() {
        return known;
    }
}
