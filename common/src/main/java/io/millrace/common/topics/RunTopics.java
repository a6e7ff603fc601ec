package io.millrace.common.topics;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.record.GroupKind;
import java.util.List;
import java.util.Set;

/** The names of a run's topics, share groups and transactional ids. */
public record RunTopics(RunId run) {
    private static final String PROMPTS = ".prompts";
    private static final String RUN_RECORD = ".run";

    /** The runs whose topics are among these, in order. */
    public static List<String> runs(Set<String> topics) {
        return topics.stream()
                .filter(topic -> topic.endsWith(RUN_RECORD))
                .map(topic -> topic.substring(0, topic.length() - RUN_RECORD.length()))
                .filter(run -> topics.contains(run + PROMPTS))
                .sorted()
                .toList();
    }

    /** For people. */
    public static String said(List<String> runs) {
        return runs.isEmpty() ? "this client sees no run here" : "the runs here are " + String.join(", ", runs);
    }

    /** What the names of all that belongs to the run begin with, and nothing else: a run's id holds no dot. */
    public String prefix() {
        return run + ".";
    }

    /** The topic of a lane; that of later attempts is claimed before that of the first ones. */
    public String lane(Lane lane) {
        return switch (lane) {
            case TRAINING -> run + PROMPTS;
            case URGENT -> run + ".prompts.urgent";
            case EVALUATION -> run + ".prompts.eval";
        };
    }

    /** Evaluations: what was asked for, what became of it. */
    public String evals() {
        return run + ".evals";
    }

    /** The results of groups of this kind. */
    public String results(GroupKind kind) {
        return switch (kind) {
            case TRAINING -> run + ".results";
            case EVALUATION -> run + ".eval-results";
        };
    }

    /** Unfinished samples of groups that were given back. */
    public String partials() {
        return run + ".partials";
    }

    /** How attempts of groups of this kind ended. */
    public String receipts(GroupKind kind) {
        return switch (kind) {
            case TRAINING -> run + ".receipts";
            case EVALUATION -> run + ".eval-receipts";
        };
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
        return run + RUN_RECORD;
    }

    /** What was given up or could not be read, for people. */
    public String deadLetters() {
        return run + ".dead-letters";
    }

    /** The share group of a lane: one each, named after its topic. */
    public String shareGroup(Lane lane) {
        return lane(lane) + ".workers";
    }

    /** The classic group whose lag on the prompts lanes is what no worker has taken. */
    public String queueLagGroup() {
        return lane(Lane.TRAINING) + ".queue";
    }

    /** The classic group whose lag on {@code prompts} is what has not finished: queued, in flight, to be issued again. */
    public String unfinishedLagGroup() {
        return lane(Lane.TRAINING) + ".unfinished";
    }

    /** The classic group whose lag on {@code results} is what has finished and is not settled. */
    public String resultsLagGroup() {
        return results(GroupKind.TRAINING) + ".trainer";
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
