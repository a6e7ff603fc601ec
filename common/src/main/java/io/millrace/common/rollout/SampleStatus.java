package io.millrace.common.rollout;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How a sample ended, in slime's words (slime/utils/types.py, Sample.Status). */
public enum SampleStatus {
    COMPLETED,
    TRUNCATED,
    ABORTED,
    FAILED;

    /** The word on the wire. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
