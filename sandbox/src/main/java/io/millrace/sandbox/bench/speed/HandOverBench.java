package io.millrace.sandbox.bench.speed;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * From a trainer's request to a warm step in numpy arrays, by Millrace's Python package, as safetensors and as JSON, beside
 * the same bytes over a bare socket. The Python side is a process of its own, {@code scripts/bench-hand-over.py}.
 */
final class HandOverBench {
    private static final int GROUPS = 32;
    private static final int WAIT_MS = 60_000;
    private static final long LIMIT_SECONDS = 300;

    private final SpeedBenchSettings settings;

    HandOverBench(SpeedBenchSettings settings) {
        this.settings = settings;
    }

    void run(int tokens, Measured measured) throws Exception {
        try (BenchRun run = new BenchRun(settings.kafka())) {
            CollectBench.fill(run, Workload.groups(run.run, tokens), GROUPS);
            try (TrainerInHere trainer =
                            new TrainerInHere(run.trainer(Map.of("batch-groups", Integer.toString(GROUPS))));
                    HttpClient http = HttpClient.newHttpClient()) {
                while (trainer.finished() < GROUPS) {
                    TimeUnit.MILLISECONDS.sleep(20);
                }
                JsonNode lease = trainer.lease(WAIT_MS);
                byte[] blob = http.send(
                                HttpRequest.newBuilder(URI.create(trainer.url()
                                                + lease.path("batch").stringValue() + "&format=safetensors"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofByteArray())
                        .body();
                try (ServerSocket raw = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
                    Thread.ofPlatform().daemon().name("bench-raw").start(() -> serve(raw, blob));
                    python(trainer.url(), raw.getLocalPort(), tokens, measured);
                }
            }
        }
    }

    private static void serve(ServerSocket raw, byte[] blob) {
        try {
            while (true) {
                try (Socket socket = raw.accept();
                        OutputStream out = socket.getOutputStream()) {
                    out.write(blob);
                }
            }
        } catch (IOException e) {
            // Closed: the bench is over.
        }
    }

    private void python(String url, int rawPort, int tokens, Measured measured) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        settings.python(),
                        settings.home().resolve("scripts/bench-hand-over.py").toString(),
                        url,
                        Integer.toString(rawPort),
                        Integer.toString(settings.rounds()))
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment()
                .put("PYTHONPATH", settings.home().resolve("python/src").toString());
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException("bench-hand-over.py failed: " + said);
        }
        for (String line : said.lines().toList()) {
            JsonNode round = Json.MAPPER.readTree(line);
            Map<String, Double> figures = new LinkedHashMap<>();
            round.path("figures")
                    .properties()
                    .forEach(figure ->
                            figures.put(figure.getKey(), figure.getValue().doubleValue()));
            measured.add(
                    "hand-over of 32 groups of 8 x " + tokens, round.path("arm").stringValue(), figures);
        }
    }
}
