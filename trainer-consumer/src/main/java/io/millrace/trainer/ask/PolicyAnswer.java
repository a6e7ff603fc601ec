package io.millrace.trainer.ask;

import io.millrace.common.record.Policy;
import java.util.List;

/** The answer to a trainer that announced what its weights are at, or asked. */
public sealed interface PolicyAnswer {
    /**
     * How it stands, durably.
     *
     * @param warnings what the trainer should know, for people
     */
    record Stands(Policy policy, List<String> warnings) implements PolicyAnswer {
        public Stands {
            warnings = List.copyOf(warnings);
        }
    }

    /** The version does not rise, or the run is in another lineage; nothing changed. */
    record Refused(String why, Current current) implements PolicyAnswer {}
}
