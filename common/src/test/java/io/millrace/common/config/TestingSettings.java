package io.millrace.common.config;

import io.millrace.common.id.RunId;
import io.millrace.common.units.ByteSize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Settings records that use every type and rule there is. */
public final class TestingSettings {
    private TestingSettings() {}

    public enum Colour {
        RED,
        DARK_GREEN
    }

    public record Nested(
            @Setting(defaultValue = "2", range = "at most 12 brushes", help = "How many brushes")
            int brushes) {}

    public record Everything(
            @Setting(defaultValue = Setting.REQUIRED, help = "Whose wall")
            RunId run,

            @Setting(defaultValue = "3", range = "1 to 99 coats", help = "How often")
            int coats,

            @Setting(defaultValue = "0", help = "Of the pattern")
            long seed,

            @Setting(defaultValue = "0.1", range = "0 to 1", help = "Of the wall")
            double share,

            @Setting(defaultValue = "true", help = "Whether to wait between coats")
            boolean dryFirst,

            @Setting(defaultValue = "10s", range = "1s to 1h", help = "Between coats")
            Duration waitMax,

            @Setting(defaultValue = "1MiB", range = "1KiB or more", help = "Of paint")
            ByteSize potSize,

            @Setting(defaultValue = "shelf", help = "Where it stands")
            Path shelf,

            @Setting(defaultValue = "", help = "On the wall")
            List<String> colours,

            @Setting(defaultValue = "", help = "Passed through")
            Map<String, String> kafka,

            @Setting(defaultValue = "red", help = "Of the door: 100% covered")
            Colour colour,

            @Setting(help = "On the pot") @Nullable String label,

            Nested nested) {
        public Everything {
            if (coats == 1 && share == 1) {
                throw SettingException.impossible("--share", "needs --coats above 1");
            }
            if (label != null && label.isBlank()) {
                throw new IllegalArgumentException("--label must not be blank");
            }
        }
    }

    public record Washing(
            @Setting(defaultValue = "1", help = "How many") int buckets,

            @Setting(defaultValue = "1", help = "Begins like a Kafka property")
            int kafkaTank) {}

    public record Twice(
            @Setting(defaultValue = "2", help = "Again") int brushes, Nested nested) {}

    public record Undeclared(int brushes) {}
}
