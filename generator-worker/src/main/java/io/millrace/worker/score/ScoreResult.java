package io.millrace.worker.score;

import io.millrace.common.rollout.Reward;
import io.millrace.worker.reward.RewardFailure;
import java.time.Duration;
import java.util.Objects;

/** How a score ended. */
public sealed interface ScoreResult {
    /** The sample was judged. */
    record Scored(Reward reward) implements ScoreResult {
        public Scored {
            Objects.requireNonNull(reward, "reward");
        }
    }

    /** The sample could not be judged; the message is for people. */
    record Failed(RewardFailure kind, String message) implements ScoreResult {
        public Failed {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(message, "message");
        }
    }

    /** No answer within the deadline. Never the same as a reward of 0: nobody knows whether the sample was wrong. */
    record TimedOut(Duration deadline) implements ScoreResult {
        public TimedOut {
            Objects.requireNonNull(deadline, "deadline");
        }
    }
}
