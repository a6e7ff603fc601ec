package io.millrace.sandbox.demo;

import io.millrace.common.config.Preset;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.sandbox.cluster.ClusterSettings;
import io.millrace.sandbox.cluster.RunSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * @param steps the simulated trainer takes; then the demo ends
 * @param opsPort of the producer; worker i has the i-th after it
 * @param warmUp cut off the front of the measured window
 */
public record DemoSettings(
        @Preset({"train-time=300ms", "data-dir=.millrace/demo"})
        ClusterSettings cluster,

        @Preset({"run=demo", "mean-group-time=700ms"}) RunSettings run,

        @Setting(
                name = "steps",
                defaultValue = "20",
                min = "1",
                max = "1000000",
                unit = "steps",
                help = "Steps to train; then the demo ends")
        long steps,

        @Setting(
                name = "learn",
                defaultValue = "false",
                help = "Train for real: the engine answers by a small policy, the trainer makes GRPO updates on it and"
                        + " pushes each version to the engine; the reward rises within 40 steps")
        boolean learn,

        @Setting(name = "engine-seed", defaultValue = "1", help = "Decides every answer and latency of the engine")
        long engineSeed,

        @Setting(
                name = "right-share",
                defaultValue = "0.5",
                min = "0",
                max = "1",
                help = "Share of the stand-in engine's answers that are right")
        double rightShare,

        @Setting(
                name = "kafka-port",
                defaultValue = "9092",
                min = "1",
                max = "65535",
                help = "Port of the Kafka broker")
        int kafkaPort,

        @Setting(
                name = "engine-port",
                defaultValue = "30000",
                min = "1",
                max = "65535",
                help = "Port of the stand-in engine")
        int enginePort,

        @Setting(
                name = "trainer-port",
                defaultValue = "9400",
                min = "1",
                max = "65535",
                help = "Port of the trainer consumer")
        int trainerPort,

        @Setting(
                name = "ops-port",
                defaultValue = "9410",
                min = "1",
                max = "65000",
                help = "Port of the producer's metrics, health and status; the workers have those after it")
        int opsPort,

        @Setting(
                name = "keep-data",
                defaultValue = "false",
                help = "Keep Kafka's data, so that the next demo with this setting goes on with the run")
        boolean keepData,

        @Setting(name = "report", defaultValue = Setting.NONE, help = "File for the report, JSON") @Nullable
        Path report,

        @Setting(
                name = "warm-up",
                defaultValue = "2s",
                min = "0s",
                max = "1h",
                help = "How long all workers must have been busy before occupancy and rates are measured")
        Duration warmUp,

        @Setting(
                name = "plain",
                defaultValue = "false",
                help = "Print one line per step, as where the output is no terminal")
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

    String trainerUrl() {
        return "http://127.0.0.1:" + trainerPort;
    }

    String producerUrl() {
        return "http://127.0.0.1:" + opsPort;
    }

    /** @param number 1 for the first */
    String workerUrl(int number) {
        return "http://127.0.0.1:" + (opsPort + number);
    }

    /** @param number 1 for the first */
    static String workerId(int number) {
        return "w" + number;
    }
}
