package io.millrace.worker.agent.chat;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A request for {@code /v1/completions}.
 *
 * @param text the prompt; null when it is given as tokens
 * @param ids the prompt's tokens; null when it is given as text
 */
public record TextRequest(@Nullable String text, int @Nullable [] ids, Wishes wishes) {
    /** @throws ApiError when it asks for what is not there, or is none */
    public static TextRequest read(JsonNode body) throws ApiError {
        if (body.path("echo").asBoolean(false) || body.path("suffix").isString()) {
            throw ApiError.bad("echo and suffix are not there");
        }
        JsonNode prompt = body.path("prompt");
        if (prompt.isArray() && prompt.size() == 1 && !prompt.get(0).isNumber()) {
            prompt = prompt.get(0);
        }
        Wishes wishes = Wishes.read(body);
        if (prompt.isString() && !prompt.stringValue().isEmpty()) {
            return new TextRequest(prompt.stringValue(), null, wishes);
        }
        if (!prompt.isArray() || prompt.isEmpty()) {
            throw ApiError.bad("prompt must be one text, or a list of token ids");
        }
        int[] ids = new int[prompt.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!prompt.get(i).isInt() || prompt.get(i).intValue() < 0) {
                throw ApiError.bad("prompt[" + i + "] must be a token id: one prompt a request");
            }
            ids[i] = prompt.get(i).intValue();
        }
        return new TextRequest(null, ids, wishes);
    }
}
