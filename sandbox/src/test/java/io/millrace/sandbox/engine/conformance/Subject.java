package io.millrace.sandbox.engine.conformance;

import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.model.TestSettings;
import io.millrace.worker.engine.Dialect;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An engine that is tried, and how its trainer would pause and name its weights, which is no part of a worker's client.
 * All have 256 tokens of context and take about a millisecond for a token.
 */
enum Subject {
    SGLANG(Dialect.SGLANG, true),
    VLLM(Dialect.VLLM, true),
    /** Started without {@code --enable-scale-out}: samples come from completions, which tell no versions. */
    VLLM_COMPLETIONS(Dialect.VLLM, false),
    /** The one that {@value #REAL} names. */
    REAL_VLLM(Dialect.VLLM, true),
    /** The one that {@value #REAL_COMPLETIONS} names. */
    REAL_VLLM_COMPLETIONS(Dialect.VLLM, false);

    static final String REAL = "MILLRACE_REAL_ENGINE";
    static final String REAL_COMPLETIONS = "MILLRACE_REAL_ENGINE_COMPLETIONS";
    static final int CONTEXT_TOKENS = 256;

    /** Of the stand-ins, which pretend to be a mixture of experts. */
    static final int EXPERT_LAYERS = 3;

    static final int EXPERT_TOPK = 2;

    final Dialect dialect;
    /** Whether answers say which tokens are of which version. */
    final boolean tellsSpans;

    Subject(Dialect dialect, boolean tellsSpans) {
        this.dialect = dialect;
        this.tellsSpans = tellsSpans;
    }

    /** Those that can be tried here: the stand-ins always. */
    static List<Subject> here() {
        List<Subject> here = new ArrayList<>(List.of(SGLANG, VLLM, VLLM_COMPLETIONS));
        for (Subject real : List.of(REAL_VLLM, REAL_VLLM_COMPLETIONS)) {
            if (real.realAddress() != null) {
                here.add(real);
            }
        }
        return here;
    }

    private @Nullable String realAddress() {
        return switch (this) {
            case REAL_VLLM -> System.getenv(REAL);
            case REAL_VLLM_COMPLETIONS -> System.getenv(REAL_COMPLETIONS);
            default -> null;
        };
    }

    /** Whether it is one of a model of ours. */
    boolean isReal() {
        return realAddress() != null;
    }

    /** Started where it is a stand-in, joined where it is a real one. */
    Running start() {
        String real = realAddress();
        if (real != null) {
            return new Running(real, null);
        }
        TestSettings settings = new TestSettings();
        settings.dialect = dialect == Dialect.SGLANG ? EngineSettings.Dialect.SGLANG : EngineSettings.Dialect.VLLM;
        settings.scaleOut = tellsSpans;
        settings.fillerMedianTokens = 10;
        settings.latency = EngineSettings.Latency.TOKENS;
        settings.tokenTime = Duration.ofMillis(1);
        settings.contextLengthTokens = CONTEXT_TOKENS;
        settings.expertLayers = EXPERT_LAYERS;
        settings.expertTopk = EXPERT_TOPK;
        EngineServer server = EngineServer.start(settings.build());
        return new Running(server.url(), server);
    }

    /** One that answers. */
    final class Running implements AutoCloseable {
        private static final Pattern RUNNING =
                Pattern.compile("(?m)^(?:sglang:num_running_reqs|vllm:num_requests_running)(?:\\{[^}]*})? ([0-9.]+)");

        final String address;
        private final @Nullable EngineServer owned;
        private final HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

        private Running(String address, @Nullable EngineServer owned) {
            this.address = address;
            this.owned = owned;
        }

        /** Generation stands still; nothing is lost. */
        void pauseAndKeep() throws IOException, InterruptedException {
            if (dialect == Dialect.SGLANG) {
                post("/pause_generation", "{\"mode\":\"in_place\"}");
            } else {
                post("/pause?mode=keep", "{}");
            }
        }

        void resume() throws IOException, InterruptedException {
            post(dialect == Dialect.SGLANG ? "/continue_generation" : "/resume", "{}");
        }

        void nameWeights(String version) throws IOException, InterruptedException {
            post(
                    "/update_weight_version",
                    Json.object()
                            .put("new_version", version)
                            .put("abort_all_requests", false)
                            .toString());
        }

        /** Requests that it generates for now, as its metrics say. */
        int generating() throws IOException, InterruptedException {
            Matcher found = RUNNING.matcher(send(
                    HttpRequest.newBuilder(URI.create(address + "/metrics")).GET()));
            return found.find() ? (int) Double.parseDouble(found.group(1)) : 0;
        }

        private void post(String path, String json) throws IOException, InterruptedException {
            send(HttpRequest.newBuilder(URI.create(address + path))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(json)));
        }

        private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
            HttpResponse<String> answer =
                    http.send(request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException(answer.uri() + " answered " + answer.statusCode() + ": " + answer.body());
            }
            return answer.body();
        }

        @Override
        public void close() {
            http.close();
            if (owned != null) {
                owned.close();
            }
        }
    }
}
