package io.millrace.worker;

import io.millrace.common.config.ByteSize;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.OpsSettings;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.topics.TopicSettings;
import io.millrace.worker.generate.OnWeightUpdate;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a generator worker.
 *
 * @param workerId stable name; null for host name and process number
 */
public record WorkerSettings(
        KafkaSettings kafka,
        TopicSettings topics,
        OpsSettings ops,

        @Setting(
                name = "worker-id",
                defaultValue = Setting.NONE,
                help = "Name of this worker in status records and receipts; host name and process number when unset")
        @Nullable
        String workerId,

        @Setting(
                name = "engine-url",
                defaultValue = "http://127.0.0.1:30000",
                help = "Base URL of an SGLang engine or router; repeat it or separate by commas for several")
        List<String> engineUrls,

        @Setting(
                name = "slots",
                defaultValue = "64",
                min = "1",
                max = "65536",
                unit = "samples",
                help = "Samples in flight at once, the worker's fixed number of generation tasks")
        int slots,

        @Setting(
                name = "eval-share",
                defaultValue = "0.25",
                min = "0.0",
                max = "1.0",
                help = "Share of the slots that samples of evaluations may have at once, at least one slot; 0 leaves"
                        + " evaluations to other workers")
        double evalShare,

        @Setting(
                name = "prefetch",
                defaultValue = "2",
                min = "1",
                max = "256",
                unit = "groups",
                help = "Claimed groups kept ready with no sample started; more for generations under a second")
        int prefetch,

        @Setting(
                name = "unpublished-max",
                defaultValue = "64",
                min = "1",
                max = "65536",
                unit = "groups",
                help = "Generated groups not yet published at which claiming stops")
        int unpublishedMax,

        @Setting(
                name = "request-timeout",
                defaultValue = "1h",
                min = "100ms",
                max = "24h",
                help = "Limit of one whole exchange with an engine, body included")
        Duration requestTimeout,

        @Setting(
                name = "request-attempts",
                defaultValue = "6",
                min = "1",
                max = "1000",
                unit = "requests",
                help =
                        "Failed requests for one sample before its attempt fails; what cannot succeed is not repeated, and"
                                + " an engine that is away, starting or full is waited for instead while the task's time limit"
                                + " (--task-deadline of the producer; without one --request-timeout) lasts")
        int requestAttempts,

        @Setting(
                name = "retry-delay",
                defaultValue = "250ms",
                min = "1ms",
                max = "10m",
                help = "Pause before the second request for a sample; doubles from then on, with jitter")
        Duration retryDelay,

        @Setting(
                name = "retry-delay-max",
                defaultValue = "15s",
                min = "1ms",
                max = "10m",
                help = "Longest pause between requests for a sample, an engine's Retry-After included")
        Duration retryDelayMax,

        @Setting(
                name = "on-weight-update",
                defaultValue = "continue",
                help =
                        "What becomes of samples that an engine aborts, as engines do when their weights are updated:"
                                + " continue keeps their tokens and goes on behind them (a text prompt whose ids are unknown,"
                                + " --tokenize false, is drawn anew), restart draws them anew; both wait until the trainer says that the new"
                                + " weights are ready. finish is continue, but what has begun does not wait, only new samples do")
        OnWeightUpdate onWeightUpdate,

        @Setting(
                name = "hold-limit",
                defaultValue = "10m",
                min = "1s",
                max = "24h",
                help = "How long an update of the weights or a pause of the run may hold generation; then the worker"
                        + " warns and goes on")
        Duration holdLimit,

        @Setting(
                name = "connect-timeout",
                defaultValue = "5s",
                min = "10ms",
                max = "5m",
                help = "Limit of connecting to an engine")
        Duration connectTimeout,

        @Setting(
                name = "engine-rest",
                defaultValue = "2s",
                min = "0s",
                max = "10m",
                help = "How long an engine that could not be reached is left out while there are others")
        Duration engineRest,

        @Setting(
                name = "engine-version-interval",
                defaultValue = "1s",
                min = "10ms",
                max = "10m",
                help =
                        "How often engines are asked which weights they serve: for choosing among them, and as the oldest"
                                + " version of answers that tell only the one at their end")
        Duration engineVersionInterval,

        @Setting(
                name = "engine-version-wait",
                defaultValue = "5s",
                min = "0s",
                max = "10m",
                help =
                        "How long a sample waits for an engine with the weights its task was issued at, while all that are"
                                + " well say that they serve older ones; then it goes to one of those. Once for a version")
        Duration engineVersionWait,

        @Setting(
                name = "answer-size-max",
                defaultValue = "256MiB",
                min = "1KiB",
                max = "2047MiB",
                help = "Largest answer read from an engine")
        ByteSize answerSizeMax,

        @Setting(
                name = "tokenize",
                defaultValue = "true",
                help = "Let the engine tokenize text prompts (POST /tokenize), so that prompt token ids reach the"
                        + " trainer; false sends the text and leaves them unknown")
        boolean tokenize,

        @Setting(name = "reward-seed", defaultValue = "0", help = "Seed of the random reward")
        long rewardSeed,

        @Setting(
                name = "reward-concurrency",
                defaultValue = "4",
                min = "1",
                max = "10000",
                unit = "scores",
                help = "Scores computed at once")
        int rewardConcurrency,

        @Setting(name = "reward-timeout", defaultValue = "30s", min = "1ms", max = "1h", help = "Limit of one score")
        Duration rewardTimeout,

        @Setting(
                name = "group-size-max",
                defaultValue = "256MiB",
                min = "64KiB",
                max = "1GiB",
                help = "Largest group; a larger one fails its attempt")
        ByteSize groupSizeMax,

        @Setting(
                name = "status-interval",
                defaultValue = "2s",
                min = "100ms",
                max = "1m",
                help = "How often the status record is published")
        Duration statusInterval,

        @Setting(
                name = "status-timeout",
                defaultValue = "6s",
                min = "200ms",
                max = "10m",
                help = "How long after the last status that the broker took groups are still claimed; above"
                        + " --status-interval, and below the producer's --worker-timeout, after which the worker counts as"
                        + " lost")
        Duration statusTimeout,

        @Setting(
                name = "publish-timeout",
                defaultValue = "10m",
                min = "1s",
                max = "24h",
                help = "How long a record may wait for the broker before the worker gives up and ends")
        Duration publishTimeout,

        @Setting(
                name = "stop-mode",
                defaultValue = "drain",
                help = "On SIGTERM: drain finishes claimed groups within --drain-timeout and gives the rest back,"
                        + " hand-back gives all unfinished groups back at once, for other workers")
        StopMode stopMode,

        @Setting(
                name = "drain-timeout",
                defaultValue = "2m",
                min = "0s",
                max = "24h",
                help = "On SIGTERM, how long claimed groups may take to finish before they are given back")
        Duration drainTimeout,

        @Setting(
                name = "keep-partials",
                defaultValue = "true",
                help =
                        "What is given back keeps what has been generated of it, for the worker that goes on with it; false"
                                + " begins anew")
        boolean keepPartials,

        @Setting(
                name = "hand-back-timeout",
                defaultValue = "10s",
                min = "1s",
                max = "10m",
                help =
                        "How long giving unfinished groups back may take: engines are asked for what they have generated,"
                                + " and it is written down")
        Duration handBackTimeout,

        @Setting(
                name = "broker-timeout",
                defaultValue = "30s",
                min = "1s",
                max = "10m",
                help = "How long the broker may take to answer at start")
        Duration brokerTimeout) {
    /** What a worker does with claimed groups when it is told to stop. */
    public enum StopMode {
        DRAIN,
        HAND_BACK
    }

    public WorkerSettings {
        engineUrls = List.copyOf(engineUrls).stream()
                .map(url -> url.endsWith("/") ? url.substring(0, url.length() - 1) : url)
                .distinct()
                .toList();
        if (engineUrls.isEmpty()) {
            throw SettingException.impossible("--engine-url", "at least one engine is needed");
        }
        engineUrls.forEach(WorkerSettings::checkUrl);
        if (retryDelayMax.compareTo(retryDelay) < 0) {
            throw SettingException.impossible(
                    "--retry-delay-max", "must not be below --retry-delay (" + retryDelay.toMillis() + " ms)");
        }
        if (requestTimeout.compareTo(retryDelay) < 0) {
            throw SettingException.impossible(
                    "--request-timeout",
                    "must not be below --retry-delay (" + retryDelay.toMillis()
                            + " ms): a deadline shorter than a retry gives up before it tries");
        }
        if (statusTimeout.compareTo(statusInterval) <= 0) {
            throw SettingException.impossible(
                    "--status-timeout",
                    "must be above --status-interval (" + statusInterval.toMillis()
                            + " ms), or claiming stops between any two statuses");
        }
        if (groupSizeMax.compareTo(topics.recordSizeMax()) < 0) {
            throw SettingException.impossible(
                    "--group-size-max", "must not be below --record-size-max (" + topics.recordSizeMax() + ")");
        }
    }

    /** How many slots samples of evaluations may have at once. */
    public int evaluationSlots() {
        return evalShare == 0 ? 0 : Math.max(1, (int) (slots * evalShare));
    }

    /** How long claimed groups may take to finish when the worker is told to stop. */
    Duration patience() {
        return stopMode == StopMode.HAND_BACK ? Duration.ZERO : drainTimeout;
    }

    private static void checkUrl(String url) {
        try {
            URI uri = URI.create(url);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // Falls through to the one clear message.
        }
        throw SettingException.impossible("--engine-url", "must be http(s)://host:port, was '" + url + "'");
    }
}
