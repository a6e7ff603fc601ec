package io.millrace.common.metrics.catalogue;

import static io.millrace.common.metrics.catalogue.Declared.counts;
import static io.millrace.common.metrics.catalogue.Declared.countsBytes;
import static io.millrace.common.metrics.catalogue.Declared.shows;
import static io.millrace.common.metrics.catalogue.Declared.times;

/** What a generator worker serves. */
public enum WorkerMetric implements OwnMetric {
    SLOTS(shows("worker.slots", "Samples that the worker may have in flight")),
    SLOTS_IN_USE(shows("worker.slots.in.use", "Samples in flight")),
    SLOTS_IN_USE_EVALUATION(shows("worker.slots.in.use.evaluation", "Of those, samples of evaluations")),
    GROUPS_HELD(shows("worker.groups.held", "Groups in the in-flight table: claimed, and not at their receipt yet")),
    CLAIMS(counts("worker.claims", "Groups claimed, by the lane that they stood on", "lane")),
    CLAIMS_REPEATED(
            counts("worker.claims.repeated", "Groups that the broker delivered again while the worker held them")),
    CLAIMS_UNRECORDED(
            counts("worker.claims.unrecorded", "Acknowledgements of claims that came too late for the broker")),
    CLAIM_POLL(times("worker.claim.poll", "A poll of a prompts lane that brought groups")),
    CLAIM_REBUILDS(counts(
            "worker.claim.rebuilds",
            "Share consumers built anew, after a step of the clock or polls without an answer")),
    TASKS_BAD(counts("worker.tasks.bad", "Records of a prompts lane that are no task; they are on dead-letters")),
    TASKS_NEWER(counts("worker.tasks.newer", "Tasks of a newer release's form, which were left to its workers")),
    GENERATION(times("worker.generation", "One sample, all its tries and turns")),
    PUBLISH(times("worker.publish", "From a finished group to the broker's acknowledgement of its result")),
    PUBLISHED(countsBytes("worker.published", "Results that the broker has taken")),
    GROUPS_FINISHED(counts("worker.groups.finished", "Groups published")),
    RESPONSE_TOKENS(counts("worker.response.tokens", "Tokens of the responses of published groups")),
    ATTEMPTS_FAILED(counts("worker.attempts.failed", "Attempts given up, by the kind of failure", "kind")),
    ATTEMPTS_HANDED_BACK(counts("worker.attempts.handed.back", "Attempts given back for another worker")),
    PARTIALS(counts(
            "worker.partials",
            "Groups given back with what was generated (given-back), gone on with (continued), or begun anew since that "
                    + "was not to be read (lost)",
            "fate")),
    PARTIAL_TOKENS(
            counts("worker.partial.tokens", "Tokens that were generated of groups given back or gone on with", "fate")),
    ABORTED_REQUESTS(
            counts("worker.aborted.requests", "Requests that an engine aborted, most often to take new weights")),
    ABORTED_TOKENS(counts("worker.aborted.tokens", "Tokens of aborted requests, kept or dropped", "fate")),
    ENGINES(shows("worker.engines", "Engines that the worker has now")),
    ENGINES_WELL(shows(
            "worker.engines.well",
            "Of those, that answer and do as they should; 0 means that nothing is generated here")),
    ENGINE_UP(shows("worker.engine.up", "1 while this engine answers and does as it should, 0 while not", "engine")),
    ENGINE_FAILURES(counts("worker.engine.failures", "Failed requests to engines, retried or not", "kind")),
    REQUESTS_BEHIND(counts(
            "worker.requests.behind",
            "Requests sent to an engine known to serve older weights than their task was issued at")),
    VERSION_WORDS_UNREAD(counts(
            "worker.version.words.unread",
            "Answers of engines whose word for their weights is a number but no version of the run")),
    AGENTS(shows("worker.agents", "Executions that agents work on (--generator http)")),
    AGENT_FAILURES(counts("worker.agent.failures", "Tasks that an agent server did not answer, by kind", "kind")),
    SCORE(times("worker.score", "One score, of a sample or of a group at once")),
    SCORES_RUNNING(shows("worker.scores.running", "Scores that are computed, within their deadline")),
    SCORES_STUCK(shows(
            "worker.scores.stuck",
            "Scores past reward-timeout whose threads still run; at reward-concurrency of them every score fails")),
    STATUSES_REFUSED(counts("worker.statuses.refused", "Statuses that the broker did not take"));

    @SuppressWarnings("ImmutableEnumChecker") // a record of immutable values
    private final MetricSpec spec;

    WorkerMetric(MetricSpec spec) {
        this.spec = spec;
    }

    @Override
    public MetricSpec spec() {
        return spec;
    }
}
