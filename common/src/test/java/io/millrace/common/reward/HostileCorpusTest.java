package io.millrace.common.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.reward.function.F1Reward;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every reward, bare and with the prefix for boxes, takes every hostile text as a response and as a label: each has an
 * end and one of two answers. What an end may cost in steps holds {@code HostileWorkTest}.
 */
final class HostileCorpusTest {
    /** All of it takes some seconds; what is quadratic in one of the long texts takes hours. */
    private static final Duration END = Duration.ofMinutes(2);

    /** In characters; longer responses go one way each. */
    private static final int MAX_OF_ALL_WAYS = 10_000;

    private final Rewards rewards = Rewards.computed().seeded(1);

    @Test
    void aHostileResponseHasAScore() {
        List<String> judged = new ArrayList<>();
        assertTimeoutPreemptively(
                END,
                () -> {
                    for (HostileRequests.Named named : (Iterable<HostileRequests.Named>) hostileResponses()::iterator) {
                        judged.add(named.name());
                        double value = rewards.score(named.request()).value();
                        assertTrue(
                                value == -1
                                        || value == 0
                                        || value == 1
                                        || named.name().contains("f1"),
                                named.name());
                        assertTrue(value >= -1 && value <= 1, named.name());
                    }
                },
                () -> "no end: " + judged.getLast());
        assertTrue(judged.size() > 3000, () -> judged.size() + " judged");
    }

    /** Of the long ones each text in one place and against one label, so that the test is short. */
    private static Stream<HostileRequests.Named> hostileResponses() {
        return HostileRequests.responses()
                .filter(named -> named.request().response().length() < MAX_OF_ALL_WAYS
                        || (named.name().contains("against 5") && named.name().contains("boxed, ")));
    }

    @Test
    void aHostileLabelHasAScoreOrIsRefusedAsBad() {
        for (HostileCorpus.Case hostile : HostileCorpus.answers()) {
            for (NamedReward type : rewards.all()) {
                for (String label : List.of(hostile.text(), "\\boxed{" + hostile.text() + "}")) {
                    RewardRequest request = Requests.ofType(type.name(), "\\boxed{x+5}", label);
                    try {
                        double value = rewards.score(request).value();
                        assertTrue(value >= -1 && value <= 1, hostile.name());
                    } catch (RewardException e) {
                        assertEquals(RewardFailure.BAD_LABEL, e.kind(), type.name() + ", " + hostile.name());
                    }
                }
            }
        }
    }

    @Test
    void aLabelOfMegabytesIsRefusedUnread() {
        for (HostileCorpus.Case hostile : HostileCorpus.cases()) {
            if (hostile.text().length() < 1_000_000 || hostile.text().isBlank()) {
                continue;
            }
            for (String type : List.of("math", "math-equal", "deepscaler", "dapo", "f1", "gpqa")) {
                RewardRequest request = Requests.ofType(type, "\\boxed{5}", hostile.text());
                RewardException refusal =
                        assertThrows(RewardException.class, () -> rewards.score(request), type + hostile.name());
                assertEquals(RewardFailure.BAD_LABEL, refusal.kind(), hostile.name());
            }
        }
    }

    @Test
    void aResponseBeyondWhatF1ReadsGetsTheLowestReward() throws RewardException {
        String words = "five ".repeat(F1Reward.RESPONSE_LENGTH_MAX / 5);
        assertTrue(rewards.score(Requests.ofType("f1", words, "five")).value() > 0);
        assertEquals(
                0, rewards.score(Requests.ofType("f1", words + "five", "five")).value());
    }
}
