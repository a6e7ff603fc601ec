package io.millrace.common.reward;

/**
 * A reward that prompts can name: a public class with a public constructor without parameters, whose name is a line of a
 * file {@code META-INF/services/io.millrace.common.reward.NamedReward} on the class path of the producer and of the
 * workers. {@link RewardFunction} says what its scoring owes.
 */
public interface NamedReward extends RewardFunction {
    /** As prompts, settings and metrics have it: 1 to 64 lower-case letters, digits, _ and -. */
    String name();

    /** Which labels it can compare with; a prompt with another is not published, since no answer could be judged. */
    LabelRule labels();

    /** Itself with this seed, where it draws; else itself. */
    default NamedReward seeded(long seed) {
        return this;
    }

    /**
     * What the prefix {@code boxed_} makes of it: by default it then judges only the inside of the response's last {@code
     * \boxed{}} as slime cuts it, the empty text where there is none (slime/rollout/rm_hub/__init__.py).
     */
    default RewardFunction onBoxedAnswer() {
        return request -> score(request.boxed());
    }
}
