package io.millrace.worker.score.outside;

import io.millrace.common.json.Json;
import io.millrace.common.reward.OutsideReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import io.millrace.common.reward.RewardFunction;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rewards {@code http} and {@code remote_rm}: a server judges by POST. As slime's remote_rm it is tried ten times,
 * after pauses of 1, 2, 4 to 30 seconds and up to one more, each try for two minutes at most
 * (slime/rollout/rm_hub/__init__.py); unlike slime's, a request that the server refuses (4xx but 408 and 429) is not tried
 * again, and the deadline of a score ends it all. Thread-safe.
 */
class HttpReward implements Judge {
    private static final int TRIES_MAX = 10;
    private static final Duration TRY_LIMIT = Duration.ofMinutes(2);
    private static final long PAUSE_SECONDS_MAX = 30;
    private static final int ANSWER_BYTES_MAX = 1 << 20;

    private final OutsideReward as;
    private final URI url;
    private final RewardKeys keys;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    /**
     * @param as {@link OutsideReward#REMOTE_RM}, or another whose question has all that is known
     */
    HttpReward(OutsideReward as, URI url, RewardKeys keys) {
        this.as = as;
        this.url = url;
        this.keys = keys;
    }

    @Override
    public String name() {
        return as.name();
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        ObjectNode question = JudgeAnswer.question(request, !as.equals(OutsideReward.REMOTE_RM));
        return JudgeAnswer.reward(url.toString(), post(question), keys.of(request));
    }

    /** Of all samples at once. */
    List<Reward> scoreAll(List<RewardRequest> samples) throws RewardException {
        JsonNode answer = post(JudgeAnswer.question(samples));
        return JudgeAnswer.rewards(url.toString(), answer, keys.of(samples.getFirst()), samples.size());
    }

    private JsonNode post(ObjectNode question) throws RewardException {
        HttpRequest post = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/json")
                .timeout(TRY_LIMIT)
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.MAPPER.writeValueAsBytes(question)))
                .build();
        try {
            return tried(post);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RewardException(RewardFailure.TIMED_OUT, url + " had not answered at the deadline");
        }
    }

    /** Itself, as in slime, which posts the whole response whatever the prefix says. */
    @Override
    public RewardFunction onBoxedAnswer() {
        return as.equals(OutsideReward.REMOTE_RM) ? this : Judge.super.onBoxedAnswer();
    }

    private JsonNode tried(HttpRequest post) throws RewardException, InterruptedException {
        for (int tries = 1; ; tries++) {
            String why;
            try {
                HttpResponse<String> response = http.send(
                        post,
                        HttpResponse.BodyHandlers.limiting(
                                HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8), ANSWER_BYTES_MAX));
                int status = response.statusCode();
                if (status / 100 == 2) {
                    return JudgeAnswer.read(url.toString(), response.body());
                }
                why = url + " answered " + status + ": " + JudgeAnswer.shown(response.body());
                if (status / 100 == 4 && status != 408 && status != 429) {
                    throw JudgeAnswer.broken(why);
                }
            } catch (IOException e) {
                why = url + ": " + e;
            }
            if (tries == TRIES_MAX) {
                throw JudgeAnswer.broken(why + " (" + tries + " tries)");
            }
            long seconds = Math.min(1L << (tries - 1), PAUSE_SECONDS_MAX);
            TimeUnit.MILLISECONDS.sleep(
                    seconds * 1000 + ThreadLocalRandom.current().nextInt(1000));
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
