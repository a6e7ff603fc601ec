package io.millrace.common.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The same files through the reference implementation of safetensors, both ways. Needs the python that
 * {@code scripts/setup-python} prepares, named by the system property or environment variable {@code MILLRACE_PYTHON}.
 */
class PythonReadsWhatJavaWritesTest {
    private static final String SETTING = "MILLRACE_PYTHON";
    private static final long PYTHON_TIMEOUT_SECONDS = 60;

    @TempDir
    Path dir;

    private String python;

    @BeforeEach
    void findPython() throws Exception {
        String named = System.getProperty(SETTING, Objects.requireNonNullElse(System.getenv(SETTING), ""));
        python = named.isBlank() ? "python3" : named;
        if (!runsWithSafetensors(python)) {
            String reason = "NOT CHECKED: that python reads what Java writes: '" + python
                    + "' does not run with safetensors and numpy. Set " + SETTING + "=$(scripts/setup-python).";
            // The build's console shows no reasons of skipped tests, so it is said here too.
            System.err.println(reason);
            // Skipped, not failed: python is no part of Millrace, and a machine without it still builds and runs it
            // all.
            Assumptions.abort(reason);
        }
    }

    @Test
    void groupsAndABatchAreReadByPythonAsTheyWereWritten() throws Exception {
        SplittableRandom random = new SplittableRandom(42);
        Map<String, JsonNode> expected = new TreeMap<>();
        List<RolloutGroup> batch = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            RolloutGroup group = TestingGroups.random(random, 10L * i);
            byte[] blob = RolloutGroupCodec.encode(group);
            Files.write(dir.resolve("group-" + i + ".safetensors"), blob);
            expected.put("group-" + i + ".safetensors", summary(List.of(group), blob));
            batch.add(group);
        }
        BatchHeader header =
                new BatchHeader(TestingGroups.RUN, new Lineage(1), new StepNumber(2), new WeightVersion(3), null, 0);
        byte[] blob = RolloutBatchCodec.encode(header, batch);
        Files.write(dir.resolve("batch.safetensors"), blob);
        expected.put("batch.safetensors", summary(batch, blob));

        JsonNode actual = Json.MAPPER.readTree(run("read"));

        assertEquals(
                expected.keySet(),
                Json.MAPPER.convertValue(actual, TreeMap.class).keySet());
        expected.forEach((file, summary) -> assertEquals(summary, actual.get(file), file));
    }

    @Test
    void whatPythonWritesIsReadByJava() throws Exception {
        JsonNode expected = Json.MAPPER.readTree(run("write"));
        SafetensorsView view = Safetensors.read(Files.readAllBytes(dir.resolve("from-python.safetensors")));
        assertEquals(Map.of("made_by", "Pythön"), view.metadata());
        assertTrue(expected.size() > 10, expected.toString());
        assertEquals(expected.size(), view.entries().size());
        for (Map.Entry<String, JsonNode> row : expected.properties()) {
            assertEquals(row.getValue(), describe(view, row.getKey()), row.getKey());
        }
    }

    /** What python is to find: the header's ids and lengths, and sums that show any shifted or swapped value. */
    private static ObjectNode summary(List<RolloutGroup> groups, byte[] blob) throws Exception {
        ObjectNode summary = Json.object();
        ObjectNode tensors = summary.putObject("tensors");
        SafetensorsView view = Safetensors.read(blob);
        new TreeMap<>(view.entries()).keySet().forEach(name -> tensors.set(name, describe(view, name)));
        long tokenSum = 0;
        double logProbSum = 0;
        long maskSum = 0;
        long position = 0;
        long responsePosition = 0;
        for (RolloutGroup group : groups) {
            for (int token : group.tokens()) {
                tokenSum += token * (++position % 1000);
            }
            for (int i = 0; i < group.logProbs().length; i++) {
                responsePosition++;
                logProbSum += group.logProbs()[i] * (double) (responsePosition % 1000);
                maskSum += group.lossMask()[i] * (responsePosition % 1000);
            }
        }
        summary.put("token_sum", tokenSum);
        summary.put("log_prob_sum", logProbSum);
        summary.put("mask_sum", maskSum);
        groups.forEach(group -> summary.withArray("group_indices")
                .add(group.header().groupIndex().value()));
        groups.forEach(group -> group.header()
                .samples()
                .forEach(sample -> summary.withArray("response_lengths").add(sample.responseLength())));
        groups.forEach(group -> group.header()
                .samples()
                .forEach(sample -> summary.withArray("response_letters")
                        .add(sample.response()
                                .codePointCount(0, sample.response().length()))));
        return (ObjectNode) Json.MAPPER.readTree(Json.MAPPER.writeValueAsString(summary));
    }

    /** Dtype, shape and bytes of a tensor, as the script describes it. */
    private static JsonNode describe(SafetensorsView view, String name) {
        Tensor tensor = view.tensor(name);
        ObjectNode node = Json.object();
        node.put("dtype", tensor.dtype());
        Arrays.stream(tensor.shape()).forEach(node.putArray("shape")::add);
        node.put("crc32", crc32(view.data(name)));
        return Json.MAPPER.readTree(Json.MAPPER.writeValueAsString(node));
    }

    private static long crc32(ByteBuffer data) {
        CRC32 crc = new CRC32();
        crc.update(data);
        return crc.getValue();
    }

    private String run(String command) throws Exception {
        Path script = dir.resolve("wire_check.py");
        try (InputStream in = Objects.requireNonNull(
                PythonReadsWhatJavaWritesTest.class.getResourceAsStream("/python/wire_check.py"))) {
            Files.copy(in, script);
        }
        Path out = dir.resolve("out.json");
        Path err = dir.resolve("err.txt");
        Process process = new ProcessBuilder(python, script.toString(), command, dir.toString())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(PYTHON_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            fail("python did not end within " + PYTHON_TIMEOUT_SECONDS + " s");
        }
        assertEquals(0, process.exitValue(), () -> read(err));
        return read(out);
    }

    private static boolean runsWithSafetensors(String python) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(python, "-c", "import numpy, safetensors.numpy")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (process.waitFor(PYTHON_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                return process.exitValue() == 0;
            }
            process.destroyForcibly();
            return false;
        } catch (IOException e) {
            return false; // No such program.
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
