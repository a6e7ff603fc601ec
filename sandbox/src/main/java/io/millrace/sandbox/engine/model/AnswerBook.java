package io.millrace.sandbox.engine.model;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The labels of a dataset, found by prompt text. Rows have dapo-math-17k's shape:
 * {@code {"prompt": [{"role": "user", "content": ...}], "label": "34"}}, where the prompt may also be a plain text.
 * Immutable once loaded.
 *
 * <p>A ChatML prompt is looked up by its last user message, at the price of one hash. Any other template is searched for
 * a known question: a window from the middle of each question is indexed, since datasets open and close all their
 * questions with the same sentences.
 */
public final class AnswerBook {
    /** Knows nothing. */
    public static final AnswerBook EMPTY = new AnswerBook(Map.of());

    private static final String USER_OPEN = "<|im_start|>user\n";
    private static final String CLOSE = "<|im_end|>";
    private static final int WINDOW_CHARS = 24;
    private static final int HASH_BASE = 31;
    private static final int HASH_LEAD = power(HASH_BASE, WINDOW_CHARS);

    private final Map<String, String> labelByQuestion;
    private final Map<Integer, List<Anchor>> anchorsByWindowHash = new HashMap<>();

    private record Anchor(String question, int offset) {}

    /** From questions to their labels. */
    public AnswerBook(Map<String, String> labelByQuestion) {
        this.labelByQuestion = Map.copyOf(labelByQuestion);
        for (String question : this.labelByQuestion.keySet()) {
            if (question.length() >= WINDOW_CHARS) {
                int offset = (question.length() - WINDOW_CHARS) / 2;
                anchorsByWindowHash
                        .computeIfAbsent(windowHash(question, offset), _ -> new ArrayList<>())
                        .add(new Anchor(question, offset));
            }
        }
    }

    /**
     * Reads a JSONL file; blank lines are skipped.
     *
     * @throws IllegalArgumentException naming the line that is no such row
     * @throws UncheckedIOException if the file cannot be read
     */
    public static AnswerBook load(Path path) {
        List<String> lines;
        try {
            lines = Files.readAllLines(path, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the answers " + path, e);
        }
        Map<String, String> labels = HashMap.newHashMap(lines.size());
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                addRow(labels, lines.get(i), path + " line " + (i + 1));
            }
        }
        return new AnswerBook(labels);
    }

    private static void addRow(Map<String, String> labels, String line, String where) {
        JsonNode row;
        try {
            row = Json.MAPPER.readTree(line);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(where + " is not JSON: " + e.getOriginalMessage(), e);
        }
        JsonNode prompt = row.path("prompt");
        String question = prompt.isString() ? prompt.stringValue() : lastUserContent(prompt);
        JsonNode label = row.path("label");
        if (question == null || !(label.isString() || label.isNumber())) {
            throw new IllegalArgumentException(where + " must have a prompt with a user message, and a label");
        }
        labels.put(question.strip(), label.asString());
    }

    private static @Nullable String lastUserContent(JsonNode messages) {
        String content = null;
        for (JsonNode message : messages) {
            if (message.path("role").asString("").equals("user")
                    && message.path("content").isString()) {
                content = message.path("content").stringValue();
            }
        }
        return content;
    }

    /** How many questions have a label. */
    public int size() {
        return labelByQuestion.size();
    }

    /** The label of the question this prompt asks, or null if it is unknown. */
    public @Nullable String labelFor(String promptText) {
        int open = promptText.lastIndexOf(USER_OPEN);
        if (open >= 0) {
            int from = open + USER_OPEN.length();
            int to = promptText.indexOf(CLOSE, from);
            String question = promptText.substring(from, to < 0 ? promptText.length() : to);
            String label = labelByQuestion.get(question.strip());
            if (label != null) {
                return label;
            }
        }
        String label = labelByQuestion.get(promptText.strip());
        return label != null ? label : labelOfContained(promptText);
    }

    private @Nullable String labelOfContained(String text) {
        if (text.length() < WINDOW_CHARS || anchorsByWindowHash.isEmpty()) {
            return null;
        }
        int hash = windowHash(text, 0);
        for (int at = 0; ; at++) {
            for (Anchor anchor : anchorsByWindowHash.getOrDefault(hash, List.of())) {
                if (text.startsWith(anchor.question(), at - anchor.offset())) {
                    return labelByQuestion.get(anchor.question());
                }
            }
            if (at + WINDOW_CHARS >= text.length()) {
                return null;
            }
            hash = hash * HASH_BASE + text.charAt(at + WINDOW_CHARS) - HASH_LEAD * text.charAt(at);
        }
    }

    private static int windowHash(String text, int from) {
        int hash = 0;
        for (int i = from; i < from + WINDOW_CHARS; i++) {
            hash = hash * HASH_BASE + text.charAt(i);
        }
        return hash;
    }

    private static int power(int base, int exponent) {
        int result = 1;
        for (int i = 0; i < exponent; i++) {
            result *= base;
        }
        return result;
    }
}
