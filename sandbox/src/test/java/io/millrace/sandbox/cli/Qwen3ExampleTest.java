package io.millrace.sandbox.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.Environment;
import io.millrace.common.config.KnownSettings;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.config.YamlSettings;
import io.millrace.producer.ProducerSettings;
import io.millrace.producer.SamplingSettings;
import io.millrace.trainer.TrainerSettings;
import io.millrace.worker.WorkerSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The settings of examples/qwen3-4b bind in each role, and say what its launch script says to slime. */
class Qwen3ExampleTest {
    private static final Path EXAMPLE = Path.of("../examples/qwen3-4b");

    private static <T> T bind(Class<T> settings, String command, Map<String, List<String>> flags) throws Exception {
        YamlSettings file = YamlSettings.read(EXAMPLE.resolve("millrace.yaml"), KnownSettings.listed());
        return new SettingsBinder(flags, Environment.of(Map.of(), KnownSettings.listed()), file, command)
                .bind(settings);
    }

    /** The word behind the flag in the launch script's list. */
    private static int ofSlime(String flag) throws Exception {
        List<String> lines = Files.readAllLines(EXAMPLE.resolve("train"));
        List<String> found = lines.stream()
                .map(String::strip)
                .filter(line -> line.startsWith(flag + " "))
                .toList();
        assertEquals(1, found.size(), flag + " in " + found);
        return Integer.parseInt(found.getFirst().substring(flag.length() + 1));
    }

    @Test
    void millraceIsToldWhatSlimeIsTold() throws Exception {
        BatchSettings producer = bind(
                        ProducerSettings.class,
                        "producer",
                        Map.of("dataset", List.of("prompts.jsonl"), "hf-checkpoint", List.of("model")))
                .batch();
        TrainerSettings trainer = bind(TrainerSettings.class, "trainer", Map.of());
        assertEquals(producer, trainer.batch());
        assertEquals(ofSlime("--rollout-batch-size"), producer.batchGroups());
        assertEquals(ofSlime("--n-samples-per-prompt"), producer.samplesPerGroup());
        assertEquals(ofSlime("--global-batch-size"), producer.batchGroups() * producer.samplesPerGroup());
        SamplingSettings sampling = bind(
                        ProducerSettings.class,
                        "producer",
                        Map.of("dataset", List.of("prompts.jsonl"), "hf-checkpoint", List.of("model")))
                .sampling();
        assertEquals(ofSlime("--rollout-max-response-len"), sampling.maxNewTokens());
        assertEquals(ofSlime("--rollout-temperature"), sampling.temperature());
        assertEquals(ofSlime("--eval-max-response-len"), trainer.evaluations().maxNewTokens());
        assertEquals(
                ofSlime("--n-samples-per-eval-prompt"), trainer.evaluations().samples());
    }

    @Test
    void aWorkerStartsFromIt() throws Exception {
        assertEquals(256, bind(WorkerSettings.class, "worker", Map.of()).slots().slots());
    }
}
