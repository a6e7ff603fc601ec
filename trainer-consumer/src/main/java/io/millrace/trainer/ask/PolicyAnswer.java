package io.millrace.trainer.ask;

import io.millrace.common.record.Policy;
import java.util.List;

/**
 * The answer to a trainer that announced what its weights are at, or asked: how it stands, durably.
 *
 * @param warnings what the trainer should know, for people
 */
public record PolicyAnswer(Policy policy, List<String> warnings) {
    public PolicyAnswer {
        warnings = List.copyOf(warnings);
    }
}
