package io.millrace.trainer.page;

import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.VersionSpan;
import java.util.List;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A group as the page reads it: a summary with a bounded piece of each text, and pieces of one sample. Everything in it is
 * somebody else's text. Stateless.
 */
final class GroupJson {
    /** Of one answer. */
    static final int TEXT_CHARS_MAX = 16_000;

    static final int PREVIEW_CHARS_MAX = 280;
    static final int TOKENS_MAX = 1_000;
    static final int SAMPLES_MAX = 64;
    private static final int MESSAGES_MAX = 100;

    /** Half a pair of surrogates, of somebody's text or where one was cut, is no UTF-8, but has an escape. */
    private static final ObjectWriter WRITER = Json.MAPPER.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);

    private GroupJson() {}

    /** JSON with any text in it. */
    static byte[] bytes(JsonNode json) {
        return WRITER.writeValueAsBytes(json);
    }

    /** @param from the first sample that is listed, by its position */
    static ObjectNode summary(RolloutGroup group, int from) {
        var header = group.header();
        ObjectNode json = Json.object();
        json.put("group", header.groupIndex().value());
        json.put("attempt", header.attempt().value());
        json.put("lineage", header.lineage().value());
        json.put("issue_version", header.issueVersion().value());
        json.put("worker", header.worker().workerId());
        json.put("oldest_version", header.oldestWeightVersion().value());
        json.put("newest_version", header.newestWeightVersion().value());
        json.put("generation_seconds", (header.finishedAtMs() - header.claimedAtMs()) / 1000.0);
        json.put("reward_mean", header.rewards().mean());
        json.put("reward_std", header.rewards().std());
        json.put("label", cut(String.valueOf(header.label() == null ? "" : header.label()), TEXT_CHARS_MAX));
        json.put("metadata", cut(Json.MAPPER.writeValueAsString(header.metadata()), TEXT_CHARS_MAX));
        prompt(json, header.prompt());
        List<SampleHeader> samples = header.samples();
        json.put("samples", samples.size());
        json.put("from", from);
        ArrayNode rows = json.putArray("rows");
        for (int i = from; i < Math.min(samples.size(), from + SAMPLES_MAX); i++) {
            rows.add(row(samples.get(i), i));
        }
        return json;
    }

    private static void prompt(ObjectNode json, Prompt prompt) {
        ArrayNode messages = json.putArray("prompt");
        switch (prompt) {
            case Prompt.Text text -> message(messages, "text", text.text());
            case Prompt.Messages chat ->
                chat.messages().stream().limit(MESSAGES_MAX).forEach(one -> message(messages, role(one), content(one)));
            case Prompt.TokenIds ids -> {
                int[] all = ids.inputIds();
                StringBuilder shown = new StringBuilder();
                for (int i = 0; i < Math.min(all.length, TOKENS_MAX); i++) {
                    shown.append(all[i]).append(' ');
                }
                message(messages, all.length + " token ids", shown.toString().strip());
            }
        }
    }

    private static String role(ChatMessage message) {
        return message.role();
    }

    private static String content(ChatMessage message) {
        return message.content();
    }

    private static void message(ArrayNode messages, String role, String text) {
        ObjectNode one = messages.addObject();
        one.put("role", cut(role, 64));
        one.put("text", cut(text, TEXT_CHARS_MAX));
        one.put("chars", text.length());
    }

    private static ObjectNode row(SampleHeader sample, int position) {
        ObjectNode row = Json.object();
        row.put("position", position);
        row.put("index", sample.index());
        row.put("reward", sample.reward().value());
        if (sample.reward().detail() != null) {
            row.put(
                    "reward_detail",
                    cut(Json.MAPPER.writeValueAsString(sample.reward().detail()), 2_000));
        }
        row.put("status", sample.status().word());
        row.put("finish_reason", cut(sample.finishReason(), 64));
        row.put("prompt_tokens", sample.promptLength());
        row.put("response_tokens", sample.responseLength());
        row.put("response_chars", sample.response().length());
        row.put("preview", cut(sample.response(), PREVIEW_CHARS_MAX));
        row.put("engine", cut(sample.engine(), 200));
        row.put("seconds", sample.generationSeconds());
        ArrayNode spans = row.putArray("versions");
        // A sample has one more only where weights changed under it.
        for (VersionSpan span : sample.weightVersions().stream().limit(100).toList()) {
            spans.addObject().put("version", span.version().value()).put("tokens", span.to() - span.from());
        }
        return row;
    }

    /**
     * A piece of one sample.
     *
     * @param position of the sample in its group
     * @param fromToken the first response token that is given
     * @param fromChar the first character of the response that is given
     */
    static ObjectNode sample(RolloutGroup group, int position, int fromToken, int fromChar) {
        List<SampleHeader> samples = group.header().samples();
        SampleHeader sample = samples.get(position);
        int tokenAt = 0;
        int responseAt = 0;
        for (SampleHeader before : samples.subList(0, position)) {
            tokenAt += before.tokenCount();
            responseAt += before.responseLength();
        }
        ObjectNode json = row(sample, position);
        int begin = Math.min(fromChar, sample.response().length());
        json.put("from_char", begin);
        json.put(
                "text",
                sample.response().substring(begin, Math.min(sample.response().length(), begin + TEXT_CHARS_MAX)));
        int first = Math.min(fromToken, sample.responseLength());
        int end = Math.min(sample.responseLength(), first + TOKENS_MAX);
        json.put("from_token", first);
        ArrayNode ids = json.putArray("ids");
        ArrayNode logProbs = json.putArray("log_probs");
        ArrayNode mask = json.putArray("mask");
        ArrayNode versions = json.putArray("token_versions");
        for (int i = first; i < end; i++) {
            ids.add(group.tokens()[tokenAt + sample.promptLength() + i]);
            logProbs.add(group.logProbs()[responseAt + i]);
            mask.add(group.lossMask()[responseAt + i]);
        }
        for (VersionSpan span : sample.weightVersions()) {
            for (int i = Math.max(first, span.from()); i < Math.min(end, span.to()); i++) {
                versions.add(span.version().value());
            }
        }
        return json;
    }

    private static String cut(String text, int chars) {
        return text.length() <= chars ? text : text.substring(0, chars);
    }
}
