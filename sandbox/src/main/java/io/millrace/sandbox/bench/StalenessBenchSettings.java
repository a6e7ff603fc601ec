package io.millrace.sandbox.bench;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.sandbox.cluster.ClusterSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code millrace bench-staleness} runs.
 */
public record StalenessBenchSettings(
        @Setting.Preset({
            "slots=512",
            "batch-groups=8",
            "train-time=80ms",
            "filler-median=120",
            "data-dir=.millrace/bench-staleness"
        })
        ClusterSettings cluster,

        @Setting(defaultValue = "200", range = "2 to 100000 steps", help = "Of each case")
        int steps,

        @Setting(defaultValue = "0:0,1:1,1:4", help = "pipeline-depth:max-staleness of each case; may be repeated")
        List<String> bounds,

        @Setting(defaultValue = "wait,discard", help = "What each pair is run with: wait, discard; may be repeated")
        List<String> onStale,

        @Setting(defaultValue = "2ms", range = "1ms to 1m", help = "Time the stand-in engine takes for one token")
        Duration tokenTime,

        @Setting(defaultValue = "0.9", range = "0 to 3", help = "Sigma of that length, which is log-normal")
        double fillerSigma,

        @Setting(defaultValue = "18200", range = "1024 to 65400", help = "First of the five ports that the run takes")
        int basePort,

        @Setting(help = "File for the table, Markdown") @Nullable
        Path markdownFile) {
    /**
     * One run.
     *
     * @param pipelineDepth versions that generation may run ahead
     * @param maxStaleness the hard bound, versions
     */
    record Case(int pipelineDepth, int maxStaleness, String onStale) {
        String run() {
            return "d" + pipelineDepth + "-s" + maxStaleness + "-" + onStale;
        }
    }

    public StalenessBenchSettings {
        bounds = List.copyOf(bounds);
        onStale = List.copyOf(onStale);
        for (String pair : bounds) {
            if (!pair.matches("\\d{1,3}:\\d{1,3}")) {
                throw new SettingException(
                        "--bounds must be pipeline-depth:max-staleness, such as 1:4, was '" + pair + "'");
            }
        }
        for (String one : onStale) {
            if (!List.of("wait", "discard").contains(one)) {
                throw new SettingException("--on-stale must be wait or discard, was '" + one + "'");
            }
        }
    }

    /** Every pair with every way. */
    List<Case> cases() {
        return bounds.stream()
                .flatMap(pair -> onStale.stream().map(one -> {
                    int colon = pair.indexOf(':');
                    return new Case(
                            Integer.parseInt(pair.substring(0, colon)),
                            Integer.parseInt(pair.substring(colon + 1)),
                            one);
                }))
                .toList();
    }

    /** Every port that is needed, by what decides it. */
    Map<String, Integer> ports() {
        Map<String, Integer> ports = new LinkedHashMap<>();
        for (int i = 0; i < 5; i++) {
            ports.put("--base-port + " + i, basePort + i);
        }
        return ports;
    }

    int kafkaPort() {
        return basePort;
    }

    String bootstrap() {
        return "127.0.0.1:" + basePort;
    }

    int enginePort() {
        return basePort + 1;
    }

    int producerPort() {
        return basePort + 2;
    }

    int workerPort() {
        return basePort + 3;
    }

    int trainerPort() {
        return basePort + 4;
    }
}
