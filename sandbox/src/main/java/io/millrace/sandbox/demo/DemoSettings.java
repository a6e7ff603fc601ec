package io.millrace.sandbox.demo;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.sandbox.cluster.ClusterSettings;
import io.millrace.sandbox.cluster.RunSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code millrace demo} needs. */
public record DemoSettings(
        @Setting.Preset({"train-time=300ms", "data-dir=.millrace/demo"})
        ClusterSettings cluster,

        @Setting.Preset({"run=demo", "mean-group-time=700ms"})
        RunSettings run,

        @Setting(defaultValue = "20", range = "1 to 1000000 steps", help = "Steps to train; then the demo ends")
        long steps,

        @Setting(
                defaultValue = "false",
                help = "Train for real: the engine answers by a small policy, the trainer makes GRPO updates on it and"
                        + " pushes each version to the engine; the reward rises within 40 steps")
        boolean learn,

        @Setting(defaultValue = "1", help = "Decides every answer and latency of the engine")
        long engineSeed,

        @Setting(defaultValue = "0.5", range = "0 to 1", help = "Share of the stand-in engine's answers that are right")
        double rightShare,

        @Setting(defaultValue = "9092", range = "1 to 65535", help = "Port of the Kafka broker")
        int kafkaPort,

        @Setting(defaultValue = "30000", range = "1 to 65535", help = "Port of the stand-in engine")
        int enginePort,

        @Setting(defaultValue = "9400", range = "1 to 65535", help = "Port of the trainer consumer")
        int trainerPort,

        @Setting(
                defaultValue = "9410",
                range = "1 to 65000",
                help = "Port of the producer's metrics, health and status; the workers have those after it")
        int opsPort,

        @Setting(
                defaultValue = "false",
                help = "Keep Kafka's data, so that the next demo with this setting goes on with the run")
        boolean keepData,

        @Setting(help = "File for the report, JSON") @Nullable
        Path report,

        @Setting(
                defaultValue = "2s",
                range = "0s to 1h",
                help = "How long all workers must have been busy before occupancy and rates are measured")
        Duration warmUp,

        @Setting(defaultValue = "false", help = "Print one line per step, as where the output is no terminal")
        boolean plain) {
    public DemoSettings {
        Map<Integer, String> taken = new LinkedHashMap<>();
        ports(kafkaPort, enginePort, trainerPort, opsPort, run.workers()).forEach((flag, port) -> {
            String other = taken.putIfAbsent(port, flag);
            if (other != null) {
                throw SettingException.impossible(other + " and " + flag, "both would take port " + port);
            }
        });
    }

    /** Every port that is needed, by what decides it. */
    Map<String, Integer> ports() {
        return ports(kafkaPort, enginePort, trainerPort, opsPort, run.workers());
    }

    private static Map<String, Integer> ports(int kafka, int engine, int trainer, int ops, int workers) {
        Map<String, Integer> ports = new LinkedHashMap<>();
        ports.put("--kafka-port", kafka);
        ports.put("--engine-port", engine);
        ports.put("--trainer-port", trainer);
        ports.put("--ops-port", ops);
        for (int i = 1; i <= workers; i++) {
            ports.put("--ops-port + " + i, ops + i);
        }
        return ports;
    }

    String bootstrap() {
        return "127.0.0.1:" + kafkaPort;
    }

    String engineUrl() {
        return "http://127.0.0.1:" + enginePort;
    }

    /** @param number 1 for the first */
    static String workerId(int number) {
        return "w" + number;
    }
}
