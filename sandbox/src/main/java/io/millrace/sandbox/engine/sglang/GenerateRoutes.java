package io.millrace.sandbox.engine.sglang;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.chat.ChatTemplate;
import io.millrace.sandbox.engine.http.Exchange;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.Engine;
import io.millrace.sandbox.engine.runtime.GenerateRequest;
import io.millrace.sandbox.engine.runtime.Generation;
import io.millrace.sandbox.engine.runtime.Refusal;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Generating, aborting, tokenizing; the shapes are SGLang's. */
public record GenerateRoutes(Engine engine) implements HttpService {
    @Override
    public void routing(HttpRules rules) {
        rules.post("/generate", this::generate)
                .put("/generate", this::generate)
                .post("/abort_request", this::abort)
                .post("/tokenize", this::tokenize)
                .post("/v1/tokenize", this::tokenize)
                .post("/detokenize", this::detokenize)
                .post("/v1/detokenize", this::detokenize);
    }

    private void generate(ServerRequest request, ServerResponse response) {
        GenerateRequest asked = GenerateParser.parse(Exchange.body(request));
        if (!Exchange.suffered(engine.faults(), response)) {
            Generation generation = engine.generate(asked, Exchange.remote(request));
            Exchange.sendJson(response, GenerationWriter.write(generation, engine.settings()));
        }
    }

    private void abort(ServerRequest request, ServerResponse response) {
        JsonNode body = Exchange.tree(request);
        if (body.path("abort_all").asBoolean(false)) {
            engine.scheduler().abortAll();
        } else if (body.path("rid").isString()) {
            engine.scheduler().abort(body.path("rid").stringValue());
        } else {
            throw Refusal.malformed("rid must be a string, or abort_all true");
        }
        response.send();
    }

    private void tokenize(ServerRequest request, ServerResponse response) {
        JsonNode body = Exchange.tree(request);
        JsonNode prompt = body.has("messages") ? chat(body) : body.path("prompt");
        ObjectNode answer = Json.object();
        ArrayNode tokens = answer.putArray("tokens");
        if (prompt.isString()) {
            answer.put("count", fill(tokens, prompt.stringValue()));
        } else if (prompt.isArray()) {
            ArrayNode counts = answer.putArray("count");
            for (JsonNode text : prompt) {
                if (!text.isString()) {
                    throw Refusal.malformed("prompt must be a string or a list of strings");
                }
                counts.add(fill(tokens.addArray(), text.stringValue()));
            }
        } else {
            throw Refusal.malformed("prompt must be a string or a list of strings");
        }
        answer.put("max_model_len", engine.settings().contextLengthTokens());
        Exchange.send(response, answer);
    }

    private static JsonNode chat(JsonNode body) {
        try {
            return StringNode.valueOf(ChatTemplate.render(
                    body.path("messages"),
                    body.path("tools"),
                    body.path("add_generation_prompt").asBoolean(true)));
        } catch (IllegalArgumentException e) {
            throw Refusal.malformed(String.valueOf(e.getMessage()));
        }
    }

    private static int fill(ArrayNode tokens, String text) {
        int[] ids = ToyTokenizer.encode(text);
        for (int id : ids) {
            tokens.add(id);
        }
        return ids.length;
    }

    private void detokenize(ServerRequest request, ServerResponse response) {
        JsonNode body = Exchange.tree(request);
        JsonNode tokens = body.path("tokens");
        boolean skipSpecialTokens = body.path("skip_special_tokens").asBoolean(true);
        if (!tokens.isArray()) {
            throw Refusal.malformed("tokens must be a list of integers or a list of such lists");
        }
        ObjectNode answer = Json.object();
        if (tokens.path(0).isArray()) {
            ArrayNode texts = answer.putArray("text");
            for (JsonNode one : tokens) {
                texts.add(decode(one, skipSpecialTokens));
            }
        } else {
            answer.put("text", decode(tokens, skipSpecialTokens));
        }
        Exchange.send(response, answer);
    }

    private static String decode(JsonNode tokens, boolean skipSpecialTokens) {
        int[] ids = new int[tokens.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!tokens.get(i).isInt()) {
                throw Refusal.malformed("tokens must hold integers only");
            }
            ids[i] = tokens.get(i).intValue();
        }
        try {
            return ToyTokenizer.decode(ids, skipSpecialTokens);
        } catch (IllegalArgumentException e) {
            throw Refusal.malformed(String.valueOf(e.getMessage()));
        }
    }
}
