package io.millrace.producer.scale;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.time.Duration;

/** Within which limits the producer says how many workers the run could use ({@code millrace_workers_wanted}). */
public record ScalingSettings(
        @Setting(defaultValue = "1", range = "0 to 1000 workers", help = "Fewest workers that are ever wanted")
        int workersMin,

        @Setting(defaultValue = "1000", range = "1 to 1000 workers", help = "Most workers that are ever wanted")
        int workersMax,

        @Setting(
                defaultValue = "30s",
                range = "1s to 1h",
                help =
                        "How long slots must have been full, and the oldest task have waited, before more workers are wanted")
        Duration scaleUpAfter,

        @Setting(
                defaultValue = "2m",
                range = "1s to 24h",
                help = "How long slots must have been idle before fewer workers are wanted; after a change the other"
                        + " direction is shut for as long")
        Duration scaleDownAfter) {
    public ScalingSettings {
        if (workersMin > workersMax) {
            throw SettingException.impossible(
                    "--workers-min, --workers-max", workersMin + " workers at least are more than " + workersMax);
        }
    }

    public ScalingRules rules() {
        return new ScalingRules(workersMin, workersMax, scaleUpAfter, scaleDownAfter);
    }
}
