package io.millrace.worker.engine.vllm;

import io.millrace.common.json.Json;
import io.millrace.common.rollout.Tensor;
import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.dialect.Gateway;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.Generation.Span;
import io.millrace.worker.engine.dialect.TensorPiece;
import io.millrace.worker.engine.dialect.TimeLimit;
import io.millrace.worker.engine.dialect.VersionWord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * vLLM's HTTP dialect, as version 0.32 has it. Samples come from {@code /inference/v1/generate} ({@code
 * --enable-scale-out}), which tells the version of each token, and their text from {@code /detokenize}; where that
 * endpoint is closed from {@code /v1/completions}, which tells none: then {@code /weight_info} is asked before and after.
 * Versions, and aborting a completion, need {@code VLLM_SERVER_DEV_MODE=1}.
 *
 * <p>A version is a number; {@code "default"}, before the first update, is the initial one, 0. Another word is refused:
 * its tokens could be of any age.
 */
public final class VllmClient implements EngineClient {
    private static final String INITIAL = "default";

    /** The only tensor that vLLM answers with (--enable-return-routed-experts), unasked. */
    static final String EXPERTS = "routed_experts";

    /** What vllm-router hashes under its policy consistent_hash. */
    private static final String SESSION_ID = "X-Session-Id";

    private final EngineHttp http;
    private final Gateway gateway;
    /** Addresses whose engines have no open {@code /inference}, until one cannot be reached and may come back with it. */
    private final Set<String> closed = ConcurrentHashMap.newKeySet();

    public VllmClient(EngineHttp http) {
        this.http = http;
        this.gateway = new Gateway(http);
    }

    @Override
    public Generation generate(String address, GenerateRequest request, Duration limit)
            throws EngineException, InterruptedException {
        TimeLimit end = http.limit(limit);
        Map<String, String> session = Map.of(SESSION_ID, request.session());
        for (String tensor : request.samplingParams().answerTensors()) {
            if (!tensor.equals(EXPERTS)) {
                throw new EngineException(
                        Kind.REFUSED,
                        "vLLM answers with no tensor " + tensor + " (--answer-tensors), only with " + EXPERTS);
            }
        }
        if (!request.media().isEmpty()) {
            throw new EngineException(
                    Kind.REFUSED,
                    "the prompt has multimodal_inputs, which vLLM's token endpoint and completions do not take as they are;"
                            + " --engine sglang does, and --engine openai-chat for evaluations");
        }
        try {
            if (request.inputIds() != null && !closed.contains(address)) {
                byte[] answer = http.postIfThere(
                        address + "/inference/v1/generate", VllmRequests.generate(request), session, end.left());
                if (answer != null) {
                    VllmAnswer read = read(address, request, answer);
                    return generation(address, request, read, text(address, request, read, end), null);
                }
                closed.add(address);
            }
            byte[] answer =
                    http.post(address + "/v1/completions", VllmRequests.completion(request), session, end.left());
            VllmAnswer read = read(address, request, answer);
            return generation(address, request, read, read.text(), weightVersion(address, end.left()));
        } catch (EngineException e) {
            if (e.kind() == Kind.UNREACHABLE) {
                closed.remove(address);
            }
            throw e;
        }
    }

    private static VllmAnswer read(String address, GenerateRequest request, byte[] answer) throws EngineException {
        try {
            return VllmAnswer.parse(
                    answer, request.samplingParams().answerTensors().contains(EXPERTS));
        } catch (JacksonException | IllegalArgumentException e) {
            throw malformed(address, e);
        }
    }

    /** @param versionNow what the engine says when asked; null when nobody asked or it tells none */
    private static Generation generation(
            String address,
            GenerateRequest request,
            VllmAnswer read,
            @Nullable String text,
            @Nullable String versionNow)
            throws EngineException {
        List<Span> spans = new ArrayList<>();
        for (Span span : read.spans()) {
            spans.add(new Span(version(address, span.version()), span.start(), span.end()));
        }
        try {
            return new Generation(
                    text == null ? "" : text,
                    read.tokens(),
                    read.logProbs(),
                    read.finish(),
                    read.cachedTokens(),
                    spans.isEmpty() ? versionNow : spans.getLast().version(),
                    spans,
                    null,
                    experts(request, read));
        } catch (IllegalArgumentException e) {
            throw malformed(address, e);
        }
    }

    /** The rows end at the last token but one, and begin behind those that were not asked for. */
    private static List<TensorPiece> experts(GenerateRequest request, VllmAnswer read) {
        byte[] saved = read.experts();
        if (saved == null) {
            return List.of();
        }
        Tensor tensor = Npy.read(saved);
        int[] inputIds = request.inputIds();
        int promptTokens = inputIds == null ? read.promptTokens() : inputIds.length;
        long rows = tensor.shape().length == 0 ? -1 : tensor.shape()[0];
        long start = Math.max(0, promptTokens + read.tokens().length - 1) - rows;
        if (promptTokens < 0 || rows < 0 || start < 0) {
            throw new IllegalArgumentException("routed_experts are " + tensor + " for " + promptTokens + " and "
                    + read.tokens().length + " tokens");
        }
        return List.of(new TensorPiece(EXPERTS, tensor, (int) start));
    }

    private static EngineException malformed(String address, Exception e) {
        return new EngineException(
                Kind.MALFORMED, address + " answered what is no generation: " + e.getMessage(), null, e);
    }

    /** Without the token that ended the sample, where special tokens are to be left out and it is no asked-for stop. */
    private String text(String address, GenerateRequest request, VllmAnswer answer, TimeLimit end)
            throws EngineException, InterruptedException {
        int[] tokens = answer.tokens();
        boolean special = answer.finish() == Finish.STOP
                && !answer.stoppedByString()
                && !request.samplingParams().stopTokenIds().contains(answer.stopTokenId());
        if (special && request.samplingParams().skipSpecialTokens()) {
            tokens = Arrays.copyOf(tokens, Math.max(0, tokens.length - 1));
        }
        if (tokens.length == 0) {
            return "";
        }
        String url = address + "/detokenize";
        ObjectNode body = Json.object();
        body.putPOJO("tokens", tokens);
        JsonNode text =
                EngineHttp.json(url, http.post(url, bytes(body), end.left())).path("prompt");
        if (!text.isString()) {
            throw new EngineException(Kind.MALFORMED, url + " answered without the text");
        }
        return text.stringValue();
    }

    @Override
    public int[] tokenize(String address, String text, Duration limit) throws EngineException, InterruptedException {
        return http.tokenIds(
                address + "/tokenize",
                bytes(Json.object().put("prompt", text).put("add_special_tokens", false)),
                limit);
    }

    @Override
    public int[] render(String address, ObjectNode chat, Duration limit) throws EngineException, InterruptedException {
        return http.tokenIds(address + "/tokenize", bytes(chat.deepCopy().put("add_special_tokens", false)), limit);
    }

    @Override
    public void abort(String address, String rid, Duration limit) throws EngineException, InterruptedException {
        ObjectNode body = Json.object();
        // The ids that the engine makes of ours.
        body.putArray("request_ids").add("generate-tokens-" + rid).add("cmpl-" + rid + "-0");
        String path = closed.contains(address) ? "/abort_requests" : "/inference/v1/abort_requests";
        gateway.each(address, limit, engine -> {
            var _ = http.postIfThere(engine + path, bytes(body), limit);
        });
    }

    @Override
    public @Nullable String weightVersion(String address, Duration limit) throws EngineException, InterruptedException {
        return gateway.oldestVersion(address, limit, engine -> versionOf(engine, limit));
    }

    private @Nullable String versionOf(String address, Duration limit) throws EngineException, InterruptedException {
        String url = address + "/weight_info";
        byte[] answer = http.getIfThere(url, limit);
        if (answer == null) {
            return null;
        }
        JsonNode word = EngineHttp.json(url, answer).path("weight_version");
        return word.isString() || word.isNumber() ? version(address, word.asString()) : null;
    }

    private static String version(String address, String word) throws EngineException {
        String number = word.equals(INITIAL) ? "0" : word;
        if (VersionWord.number(number).isEmpty()) {
            throw new EngineException(
                    Kind.REFUSED,
                    address + " calls its weights '" + word + "', which is no number: its trainer must name versions by"
                            + " number (POST /update_weight_version)");
        }
        return number;
    }

    private static byte[] bytes(ObjectNode json) {
        return Json.MAPPER.writeValueAsBytes(json);
    }
}
