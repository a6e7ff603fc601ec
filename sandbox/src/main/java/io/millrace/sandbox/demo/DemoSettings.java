package io.millrace.sandbox.demo;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * @param steps the simulated trainer takes; then the demo ends
 * @param slots of each worker
 * @param meanGroupTime of workload W1 at the stand-in engine
 * @param opsPort of the producer; worker i has the i-th after it
 * @param dataDir holds logs, the trainer's report and Kafka's data
 * @param warmUp cut off the front of the measured window
 */
public record DemoSettings(
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

        @Setting(name = "run", defaultValue = "demo", help = "Id of the training run; prefixes its topics")
        RunId run,

        @Setting(
                name = "workers",
                defaultValue = "2",
                min = "1",
                max = "64",
                unit = "processes",
                help = "Generator workers to start")
        int workers,

        @Setting(
                name = "slots",
                defaultValue = "64",
                min = "1",
                max = "65536",
                unit = "samples",
                help = "Samples each worker keeps in flight")
        int slots,

        @Setting(
                name = "batch-groups",
                defaultValue = "32",
                min = "1",
                max = "65536",
                unit = "groups",
                help = "Groups of one step")
        int batchGroups,

        @Setting(
                name = "samples-per-group",
                defaultValue = "8",
                min = "1",
                max = "4096",
                unit = "samples",
                help = "Samples of one group")
        int samplesPerGroup,

        @Setting(
                name = "pipeline-depth",
                defaultValue = "2",
                min = "0",
                max = "1000",
                unit = "versions",
                help = "How many weight versions generation may run ahead of training")
        int pipelineDepth,

        @Setting(
                name = "train-time",
                defaultValue = "300ms",
                min = "0s",
                max = "24h",
                help = "How long the training of one step takes")
        Duration trainTime,

        @Setting(
                name = "mean-group-time",
                defaultValue = "700ms",
                min = "1ms",
                max = "24h",
                help = "Mean time the stand-in engine takes for a group of 8")
        Duration meanGroupTime,

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
                name = "filler-median",
                defaultValue = "64",
                min = "0",
                max = "1000000",
                unit = "tokens",
                help = "Median length of the reasoning before the stand-in engine's answers")
        double fillerMedianTokens,

        @Setting(
                name = "dataset",
                defaultValue = "sandbox/data/math-problems.jsonl",
                help = "Prompts and labels, JSON lines")
        Path dataset,

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
                name = "data-dir",
                defaultValue = ".millrace/demo",
                help = "Folder for the logs of each process and for Kafka's data; emptied at start")
        Path dataDir,

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
        ports(kafkaPort, enginePort, trainerPort, opsPort, workers).forEach((flag, port) -> {
            String other = taken.putIfAbsent(port, flag);
            if (other != null) {
                throw SettingException.impossible(other + " and " + flag, "both would take port " + port);
            }
        });
    }

    /** Every port that is needed, by what decides it. */
    Map<String, Integer> ports() {
        return ports(kafkaPort, enginePort, trainerPort, opsPort, workers);
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
