package io.millrace.common.topics;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;

/** The names of a run's topics, share groups and transactional ids. */
public record RunTopics(RunId run) {
    public String prompts() {
        return run + ".prompts";
    }

    /** Retries and continuations only; claimed before {@link #prompts}. */
    public String urgent() {
        return run + ".prompts.urgent";
    }

    /** Evaluation tasks, the repeated ones too. */
    public String evalPrompts() {
        return run + ".prompts.eval";
    }

    /** Evaluations: what was asked for, what became of it. */
    public String evals() {
        return run + ".evals";
    }

    public String evalResults() {
        return run + ".eval-results";
    }

    public String evalReceipts() {
        return run + ".eval-receipts";
    }

    public String results() {
        return run + ".results";
    }

    /** Unfinished samples of groups that were given back. */
    public String partials() {
        return run + ".partials";
    }

    public String receipts() {
        return run + ".receipts";
    }

    public String workers() {
        return run + ".workers";
    }

    public String steps() {
        return run + ".steps";
    }

    public String policy() {
        return run + ".policy";
    }

    /** What the processes of the run must share. */
    public String runRecord() {
        return run + ".run";
    }

    /** What was given up or could not be read, for people. */
    public String deadLetters() {
        return run + ".dead-letters";
    }

    /** The share group of a prompts lane: one each, named after its topic. */
    public String shareGroup(String lane) {
        return lane + ".workers";
    }

    public String producerTransactionalId() {
        return run + ".producer";
    }

    public String trainerTransactionalId() {
        return run + ".trainer";
    }

    /** The partition of a group's result; computed here since client libraries hash keys differently. */
    public static int resultPartition(GroupIndex index, int resultPartitions) {
        return (int) (index.value() % resultPartitions);
    }
}
