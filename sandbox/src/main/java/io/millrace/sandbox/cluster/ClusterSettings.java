package io.millrace.sandbox.cluster;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.sandbox.trainer.SimulatedTrainerSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What every cluster on this machine is told, whatever it is run for.
 */
public record ClusterSettings(
        SimulatedTrainerSettings.Step step,

        @Setting(defaultValue = "64", range = "1 to 65536 samples", help = "Samples each worker keeps in flight")
        int slots,

        @Setting(
                name = "filler-median",
                defaultValue = "64",
                range = "0 to 1000000 tokens",
                help = "Median length of the reasoning before the stand-in engine's answers")
        double fillerMedianTokens,

        @Setting(defaultValue = "sandbox/data/math-problems.jsonl", help = "Prompts and labels, JSON lines")
        Path dataset,

        @Setting(defaultValue = Setting.REQUIRED, help = "Folder for logs, reports and Kafka's data; emptied at start")
        Path dataDir) {
    /**
     * Asked before anything is started or emptied.
     *
     * @param ports that the run takes, by what decides them
     * @throws SettingException when the data set cannot be read or a port is taken
     */
    public void requireUsable(Map<String, Integer> ports) {
        if (!Files.isReadable(dataset)) {
            throw new SettingException("--dataset: cannot read " + dataset);
        }
        Ports.requireFree(ports, DataFolder.pids(dataDir));
    }

    /**
     * Makes the run's folder; from here on this process logs there.
     *
     * @param owner one word for what is run
     * @param keepData whether Kafka's data of the last time stays
     */
    public DataFolder folder(String owner, boolean keepData) {
        DataFolder folder = DataFolder.prepare(dataDir, owner, keepData);
        RunLogging.toFile(folder.log(owner));
        return folder;
    }
}
