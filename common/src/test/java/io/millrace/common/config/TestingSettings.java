package io.millrace.common.config;

import io.millrace.common.id.RunId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Settings records that use every type and rule there is. */
final class TestingSettings {
    private TestingSettings() {}

    enum Colour {
        RED,
        DARK_GREEN
    }

    record Nested(
            @Setting(name = "brushes", defaultValue = "2", max = "12", unit = "brushes", help = "How many brushes")
            int brushes) {}

    record Everything(
            @Setting(name = "run", defaultValue = Setting.REQUIRED, help = "Whose wall")
            RunId run,

            @Setting(name = "coats", defaultValue = "3", min = "1", max = "99", unit = "coats", help = "How often")
            int coats,

            @Setting(name = "seed", defaultValue = "0", help = "Of the pattern")
            long seed,

            @Setting(name = "share", defaultValue = "0.1", min = "0", max = "1", help = "Of the wall")
            double share,

            @Setting(name = "dry-first", defaultValue = "true", help = "Whether to wait between coats")
            boolean dryFirst,

            @Setting(name = "wait-max", defaultValue = "10s", min = "1s", max = "1h", help = "Between coats")
            Duration waitMax,

            @Setting(name = "pot-size", defaultValue = "1MiB", min = "1KiB", help = "Of paint")
            ByteSize potSize,

            @Setting(name = "shelf", defaultValue = "shelf", help = "Where it stands")
            Path shelf,

            @Setting(name = "colours", defaultValue = "", help = "On the wall")
            List<String> colours,

            @Setting(name = "kafka", defaultValue = "", help = "Passed through")
            Map<String, String> kafka,

            @Setting(name = "colour", defaultValue = "red", help = "Of the door: 100% covered")
            Colour colour,

            @Setting(name = "label", defaultValue = Setting.NONE, help = "On the pot") @Nullable
            String label,

            Nested nested) {
        Everything {
            if (coats == 1 && share == 1) {
                throw SettingException.impossible("--share", "needs --coats above 1");
            }
            if (label != null && label.isBlank()) {
                throw new IllegalArgumentException("--label must not be blank");
            }
        }
    }

    record Washing(
            @Setting(name = "buckets", defaultValue = "1", help = "How many")
            int buckets,

            @Setting(name = "kafka-tank", defaultValue = "1", help = "Begins like a Kafka property")
            int kafkaTank) {}

    record Twice(
            @Setting(name = "brushes", defaultValue = "2", help = "Again")
            int brushes,

            Nested nested) {}

    record Undeclared(int brushes) {}
}
