package io.millrace.common.reward.function;

import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.reward.text.Lowercase;
import io.millrace.common.reward.text.PythonText;
import io.millrace.common.reward.text.Substring;
import io.millrace.common.rollout.Reward;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * slime's {@code gpqa} (slime/rollout/rm_hub/gpqa.py): 1 when the response chooses the right letter of a question with
 * choices, or, where it chooses none or none is right, when it has the right choice's text in it; else 0. The right one is
 * the metadata's {@code correct_letter}, else the label: a letter, or the text of one of the metadata's {@code choices}.
 *
 * <p>Two differences: a prompt without a label is refused even where its metadata has a letter, and a label that is a
 * number is text, where slime takes it for the choice's index.
 */
public final class GpqaReward implements NamedReward {
    private static final String THOUGHTS_END = "</think>";
    private static final String DEFAULT_LETTERS = "ABCDEFGHIJ";

    @Override
    public String name() {
        return "gpqa";
    }

    @Override
    public LabelRule labels() {
        return LabelRule.TEXT;
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        return Reward.of(isRight(request.label(this), request) ? 1 : 0);
    }

    private static boolean isRight(String givenLabel, RewardRequest request) {
        ObjectNode metadata = request.metadata();
        String label = PythonText.strip(givenLabel);
        List<String> choices = texts(metadata.path("choices"));
        List<String> letters = letters(metadata.path("valid_letters"), choices);
        Optional<String> right = rightLetter(metadata, label, letters, choices);
        int thoughts = request.response().lastIndexOf(THOUGHTS_END);
        String answer =
                thoughts < 0 ? request.response() : request.response().substring(thoughts + THOUGHTS_END.length());
        Optional<String> chosen = ChosenLetter.of(answer, letters);
        if (chosen.isPresent() && right.isPresent()) {
            return chosen.equals(right);
        }
        List<String> targets = new ArrayList<>(List.of(label));
        right.map(letters::indexOf)
                .filter(index -> index >= 0 && index < choices.size())
                .ifPresent(index -> targets.add(choices.get(index)));
        for (String key : List.of("correct_answer", "answer_text")) {
            JsonNode value = metadata.path(key);
            if (value.isString() || value.isNumber()) {
                targets.add(value.asString());
            }
        }
        String words = words(answer);
        for (String target : targets) {
            if (Substring.isIn(words, words(target))) {
                return true;
            }
        }
        return chosen.isPresent() && chosen.get().equals(label.toUpperCase(Locale.ROOT));
    }

    private static Optional<String> rightLetter(
            ObjectNode metadata, String label, List<String> letters, List<String> choices) {
        JsonNode named = metadata.path("correct_letter");
        String letter = named.isString() ? PythonText.strip(named.stringValue()).toUpperCase(Locale.ROOT) : "";
        if (!letter.isEmpty()) {
            return Optional.of(letter);
        }
        String upper = label.toUpperCase(Locale.ROOT);
        if (label.length() == 1 && letters.contains(upper)) {
            return Optional.of(upper);
        }
        String words = words(label);
        return IntStream.range(0, Math.min(choices.size(), letters.size()))
                .filter(i -> words(choices.get(i)).equals(words))
                .mapToObj(letters::get)
                .findFirst();
    }

    private static List<String> letters(JsonNode named, List<String> choices) {
        List<String> valid = texts(named);
        if (!valid.isEmpty()) {
            return valid.stream().map(letter -> letter.toUpperCase(Locale.ROOT)).toList();
        }
        int count = choices.isEmpty() ? DEFAULT_LETTERS.length() : Math.min(26, choices.size());
        return IntStream.range(0, count)
                .mapToObj(i -> Character.toString('A' + i))
                .toList();
    }

    /** A list's or an object's values, or the characters of a text. */
    private static List<String> texts(JsonNode node) {
        List<String> texts = new ArrayList<>();
        if (node.isString()) {
            node.stringValue().codePoints().forEach(point -> texts.add(Character.toString(point)));
        } else {
            for (JsonNode value : node) {
                texts.add(value.asString());
            }
        }
        return texts;
    }

    /** ASCII letters and digits in lower case, one space for whatever else. */
    private static String words(String text) {
        String lower = Lowercase.of(text);
        StringBuilder words = new StringBuilder(lower.length());
        boolean gap = false;
        for (int i = 0; i < lower.length(); i++) {
            char c = lower.charAt(i);
            if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
                if (gap && !words.isEmpty()) {
                    words.append(' ');
                }
                words.append(c);
                gap = false;
            } else {
                gap = true;
            }
        }
        return words.toString();
    }
}
