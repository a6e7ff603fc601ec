package io.millrace.trainer.api;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import org.jspecify.annotations.Nullable;

/** The body of every error; how the run stands is with those of steps and weights that do not fit it. */
public record Refusal(
        @Described("Why, for people.") String error,
        @Nullable @Described("The one that the run is in.") Lineage lineage,

        @Nullable @Described("The leased step, or the one that is due.")
        StepNumber step,

        @Nullable @Described("As the trainer calls it.") WeightVersion weightVersion,
        Policy.@Nullable State state) {
    public static Refusal of(String error) {
        return new Refusal(error, null, null, null, null);
    }
}
