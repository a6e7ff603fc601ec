package io.millrace.sandbox.engine.vllm;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.engine.chat.ChatTemplate;
import io.millrace.sandbox.engine.http.Exchange;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.Engine;
import io.millrace.sandbox.engine.runtime.GenerateRequest;
import io.millrace.sandbox.engine.runtime.Generation;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** Generating, aborting, tokenizing; the shapes are vLLM's. */
public record VllmRoutes(Engine engine, WallClock wallClock) implements HttpService {
    /** Before the caller's id, in the engine's own. */
    static final String GENERATE_ID = "generate-tokens-";

    static final String COMPLETION_ID = "cmpl-";

    private static final List<String> POSTED = List.of(
            "/inference/v1/generate", "/inference/v1/abort_requests", "/v1/completions", "/tokenize", "/detokenize");

    @Override
    public void routing(HttpRules rules) {
        rules.post("/inference/v1/generate", this::generate)
                .post("/inference/v1/abort_requests", this::abortScaledOut)
                .post("/abort_requests", this::abort)
                .post("/v1/completions", this::complete)
                .post("/v1/chat/completions", this::chat)
                .post("/tokenize", this::tokenize)
                .post("/detokenize", this::detokenize);
        POSTED.forEach(path -> rules.any(path, VllmRoutes::notAllowed));
    }

    private void generate(ServerRequest request, ServerResponse response) {
        checkOpen();
        GenerateRequest asked = VllmRequest.generate(request, Exchange.body(request), engine.settings());
        if (!Exchange.suffered(engine.faults(), response)) {
            long created = wallClock.millis() / 1000;
            Generation generation = engine.generate(asked, Exchange.remote(request));
            Exchange.send(response, VllmGeneration.tokens(generation, engine.settings(), created));
        }
    }

    private static void notAllowed(ServerRequest request, ServerResponse response) {
        throw Refusal.ofHttp(405, null);
    }

    private record Asked(@Nullable Boolean returnTokenIds) {}

    private void complete(ServerRequest request, ServerResponse response) {
        byte[] body = Exchange.body(request);
        GenerateRequest asked = VllmRequest.completion(request, body, engine.settings());
        boolean tokenIds =
                Boolean.TRUE.equals(VllmRequest.read(body, Asked.class).returnTokenIds());
        if (!Exchange.suffered(engine.faults(), response)) {
            long created = wallClock.millis() / 1000;
            Generation generation = engine.generate(asked, Exchange.remote(request));
            Exchange.send(response, VllmGeneration.text(generation, tokenIds, engine.settings(), created));
        }
    }

    private void chat(ServerRequest request, ServerResponse response) {
        GenerateRequest asked = VllmRequest.chat(request, Exchange.body(request), engine.settings());
        if (!Exchange.suffered(engine.faults(), response)) {
            long created = wallClock.millis() / 1000;
            Generation generation = engine.generate(asked, Exchange.remote(request));
            Exchange.send(response, VllmGeneration.chat(generation, engine.settings(), created));
        }
    }

    private void checkOpen() {
        if (!engine.settings().scaleOut()) {
            throw VllmErrors.closed();
        }
    }

    private record Abort(@Nullable List<String> requestIds) {}

    private record Aborted(String status, int aborted) {}

    /** Says how many ids it was given, known or not. */
    private void abort(ServerRequest request, ServerResponse response) {
        List<String> ids = VllmRequest.read(Exchange.body(request), Abort.class).requestIds();
        int aborted = ids == null ? engine.scheduler().abortAll() : abort(ids);
        Exchange.send(response, new Aborted("aborted", aborted));
    }

    private void abortScaledOut(ServerRequest request, ServerResponse response) {
        checkOpen();
        List<String> ids = VllmRequest.read(Exchange.body(request), Abort.class).requestIds();
        if (ids == null) {
            throw VllmErrors.missing("request_ids");
        }
        abort(ids);
        response.send();
    }

    /** An id without what the engine puts around it is none of its. */
    private int abort(List<String> ids) {
        ids.forEach(engine.scheduler()::abort);
        return ids.size();
    }

    private record Tokenize(
            @Nullable String model,
            @Nullable String prompt,
            @Nullable JsonNode messages,
            @Nullable JsonNode tools,
            @Nullable Boolean addGenerationPrompt) {
        /** What is tokenized; a chat under the template. */
        String text() {
            if (messages == null) {
                if (prompt == null) {
                    throw VllmErrors.missing("prompt");
                }
                return prompt;
            }
            try {
                return ChatTemplate.render(
                        messages,
                        tools == null ? MissingNode.getInstance() : tools,
                        !Boolean.FALSE.equals(addGenerationPrompt));
            } catch (IllegalArgumentException e) {
                throw Refusal.invalid(String.valueOf(e.getMessage()));
            }
        }
    }

    @JsonInclude(JsonInclude.Include.ALWAYS)
    private record Tokenized(
            int count,
            int maxModelLen,
            int[] tokens,
            @Nullable List<String> tokenStrs) {}

    private void tokenize(ServerRequest request, ServerResponse response) {
        Tokenize body = VllmRequest.read(Exchange.body(request), Tokenize.class);
        VllmRequest.checkModel(body.model, engine.settings());
        int[] tokens = ToyTokenizer.encode(body.text());
        Exchange.send(response, new Tokenized(tokens.length, engine.settings().contextLengthTokens(), tokens, null));
    }

    private record Detokenize(@Nullable String model, int @Nullable [] tokens) {}

    private record Detokenized(String prompt) {}

    /** Special tokens are spelled out; ids that are none say nothing. */
    private void detokenize(ServerRequest request, ServerResponse response) {
        Detokenize body = VllmRequest.read(Exchange.body(request), Detokenize.class);
        VllmRequest.checkModel(body.model, engine.settings());
        if (body.tokens == null) {
            throw VllmErrors.missing("tokens");
        }
        int[] known = Arrays.stream(body.tokens)
                .filter(id -> id >= 0 && id < ToyTokenizer.VOCABULARY_SIZE)
                .toArray();
        Exchange.send(response, new Detokenized(ToyTokenizer.decode(known, false)));
    }
}
