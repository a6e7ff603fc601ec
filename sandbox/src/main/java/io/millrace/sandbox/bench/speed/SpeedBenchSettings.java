package io.millrace.sandbox.bench.speed;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.kafka.KafkaSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What {@code millrace bench} needs; the broker is one that is there. */
public record SpeedBenchSettings(
        KafkaSettings kafka,

        @Setting(defaultValue = "5", range = "1 to 100", help = "Rounds; in each every arm has its turn")
        int rounds,

        @Setting(
                defaultValue = "2",
                range = "0 to 100",
                help = "Rounds before those, which are not kept: the JIT compiler's")
        int warmUp,

        @Setting(
                defaultValue = "160",
                range = "1 to 10000",
                help = "MB that an arm moves in a round, at least 32 groups")
        int megabytes,

        @Setting(
                defaultValue = "publish,collect,hand-over,latency",
                help = "What is measured: publish, collect, hand-over, latency")
        List<String> only,

        @Setting(defaultValue = "512,2048,8192", help = "Tokens of a sample; groups have 8 samples")
        List<String> tokens,

        @Setting(
                defaultValue = "4,22",
                help =
                        "Groups a second at which latency is measured: few, and about half of what one trainer takes one by one")
        List<String> pace,

        @Setting(defaultValue = "6", range = "1 to 600 s", help = "How long latency is measured in a round")
        int seconds,

        @Setting(defaultValue = "python3", help = "Python with numpy, for the hand-over")
        String python,

        @Setting(defaultValue = Setting.REQUIRED, help = "The folder of Millrace, for its Python package")
        Path home,

        @Setting(defaultValue = Setting.REQUIRED, help = "File for the figures, JSON")
        Path output,

        @Setting(help = "Folder for a JFR file of each arm; none is made without") @Nullable
        Path profileFolder) {
    private static final Set<String> KNOWN = Set.of("publish", "collect", "hand-over", "latency");

    public SpeedBenchSettings {
        only = List.copyOf(only);
        tokens = List.copyOf(tokens);
        pace = List.copyOf(pace);
        for (String name : only) {
            if (!KNOWN.contains(name)) {
                throw new SettingException("--only: '" + name + "' is none of "
                        + KNOWN.stream().sorted().toList());
            }
        }
        requireWhole("--tokens", tokens);
        requireWhole("--pace", pace);
    }

    private static void requireWhole(String flag, List<String> values) {
        for (String one : values) {
            if (!one.matches("[1-9][0-9]{0,4}")) {
                throw new SettingException(flag + " must be from 1 to 99999, was '" + one + "'");
            }
        }
    }

    List<Integer> lengths() {
        return tokens.stream().map(Integer::valueOf).toList();
    }

    List<Integer> paces() {
        return pace.stream().map(Integer::valueOf).toList();
    }

    int groups(int blobBytes) {
        return Math.max(32, (int) (megabytes * 1_000_000L / blobBytes));
    }
}
