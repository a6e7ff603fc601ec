package io.millrace.common.metrics.catalogue;

import static io.millrace.common.metrics.catalogue.Declared.counts;
import static io.millrace.common.metrics.catalogue.Declared.shows;
import static io.millrace.common.metrics.catalogue.Declared.showsSeconds;
import static io.millrace.common.metrics.catalogue.Declared.times;

/** What a producer serves. Counters count what happens while the process lives. */
public enum ProducerMetric implements OwnMetric {
    PUBLISHED_GROUPS(counts("producer.published.groups", "Groups published by this process")),
    REISSUED_GROUPS(counts("producer.reissued.groups", "Groups put on the urgent lane again by this process")),
    ATTEMPTS_OVER(counts(
            "producer.attempts.over",
            "Attempts that were issued again or were the group's last, by how they ended; lost are those of workers that went",
            "kind")),
    FAILED_ATTEMPTS(counts("producer.failed.attempts", "Attempts that failed, rejected results counted in")),
    MISSING_RESULTS(
            counts(
                    "producer.missing.results",
                    "Attempts issued again since the result that their receipt names is not there; above 0 a broker lost what it had acknowledged")),
    RECEIPTS(counts("producer.receipts", "Receipts by what they came to", "fate")),
    RECORDS_BAD(
            counts("producer.records.bad", "Records that are not ours, skipped to dead-letters, by topic", "topic")),
    COMMITS_UNANSWERED(
            counts("producer.commits.unanswered", "Calls to the broker whose outcome had to be read from the topics")),
    TRUNCATED_LOGS(
            counts("producer.truncated.logs", "Times a topic was found to have lost its tail, once for each loss")),
    REBUILDS(counts("producer.rebuilds", "How often the run was taken over anew after trouble with the broker")),
    ADMISSION_WAIT(
            times("producer.admission.wait", "How long publishing waited for admission, each wait once it has ended")),
    QUEUE_DEPTH(shows("producer.queue.depth", "Groups published and not taken")),
    QUEUE_AGE(showsSeconds(
            "producer.queue.age", "How long the oldest task has waited that no worker has taken; 0 when none waits")),
    WORKERS_WANTED(
            shows(
                    "workers.wanted",
                    "Workers that the run could use, from queue depth and age, slots in use and what the trainer waits for: a signal for autoscalers")),
    IN_FLIGHT_GROUPS(
            shows(
                    "producer.in.flight.groups",
                    "Groups at workers: the larger of what the ledger takes for in flight and what the newest statuses of workers that were heard lately hold")),
    WORKERS(shows("producer.workers", "Workers heard of lately that have not stopped")),
    DEAD_LETTERS(counts(
            "producer.dead.letters",
            "Groups given up by this process, those of evaluations too; each is a dead letter")),
    FINISHED_GROUPS(shows("producer.finished.groups", "Groups that wait for training")),
    FAILED_GROUPS(shows("producer.failed.groups", "Groups whose latest attempt ended without a result")),
    ABANDONING_GROUPS(shows("producer.abandoning.groups", "Groups given up and not settled yet")),
    CAUGHT_UP(shows(
            "producer.caught.up",
            "1 while the ledger reads its own heartbeat back in time, so that orphan clocks run")),
    NEXT_INDEX(shows("producer.next.index", "Groups published in the run")),
    ADMISSION_LIMIT(shows("producer.admission.limit", "Groups admitted in the run")),
    TRAINED_GROUPS(shows("producer.trained.groups", "Groups trained in the run")),
    DISCARDED_GROUPS(shows("producer.discarded.groups", "Groups discarded in the run")),
    ABANDONED_GROUPS(shows("producer.abandoned.groups", "Groups abandoned in the run")),
    REWARD_MEAN(shows("producer.reward.mean", "Mean reward of the newest groups")),
    EVALUATIONS_OPEN(shows("producer.evaluations.open", "Evaluations asked for and neither reported nor failed")),
    EVALUATIONS_QUEUE_DEPTH(shows("producer.evaluations.queue.depth", "Groups of evaluations issued and not taken")),
    EVALUATIONS_ISSUED_GROUPS(counts(
            "producer.evaluations.issued.groups", "Groups of evaluations issued for the first time by this process")),
    EVALUATIONS_FAILED(counts("producer.evaluations.failed", "Evaluations whose tasks could not be issued")),
    EVALUATIONS_ATTEMPTS_OVER(counts(
            "producer.evaluations.attempts.over",
            "Attempts at groups of evaluations, as millrace_producer_attempts_over_total",
            "kind"));

    @SuppressWarnings("ImmutableEnumChecker") // a record of immutable values
    private final MetricSpec spec;

    ProducerMetric(MetricSpec spec) {
        this.spec = spec;
    }

    @Override
    public MetricSpec spec() {
        return spec;
    }
}
