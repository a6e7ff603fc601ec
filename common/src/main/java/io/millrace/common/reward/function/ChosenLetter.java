package io.millrace.common.reward.function;

import io.millrace.common.reward.text.PythonText;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The letter that a response chooses: behind the word answer, option or choice, perhaps with "is" or a colon between; in
 * front of "is the correct"; behind "final answer"; else the last capital that stands alone. The first place of each
 * kind counts, and only if its letter is one of those that can be chosen: "the answer is 5" chooses I.
 *
 * <p>By hand, each run of spaces looked at a fixed number of times: as regular expressions these are quadratic.
 */
final class ChosenLetter {
    private static final List<String> NOUNS = List.of("answer", "option", "choice");

    private final String text;

    private ChosenLetter(String text) {
        this.text = text;
    }

    static Optional<String> of(String response, List<String> letters) {
        ChosenLetter chosen = new ChosenLetter(response);
        return chosen.behindNoun(0, NOUNS)
                .filter(letters::contains)
                .or(() -> chosen.beforeCorrect().filter(letters::contains))
                .or(() -> chosen.behindFinal().filter(letters::contains))
                .or(() -> chosen.lastAlone(letters));
    }

    private Optional<String> behindNoun(int from, List<String> nouns) {
        for (int at = from; at < text.length(); at++) {
            for (String noun : nouns) {
                Optional<String> letter = has(noun, at) ? letterAfter(at + noun.length()) : Optional.empty();
                if (letter.isPresent()) {
                    return letter;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> behindFinal() {
        for (int at = 0; at < text.length(); at++) {
            if (has("final", at)) {
                int noun = skipSpaces(at + "final".length());
                for (String word : NOUNS.subList(0, 2)) {
                    Optional<String> letter = has(word, noun) ? letterAfter(noun + word.length()) : Optional.empty();
                    if (letter.isPresent()) {
                        return letter;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> beforeCorrect() {
        for (int at = 0; at < text.length(); at++) {
            int is = isLetter(at) ? skipSpaces(at + 1) : text.length();
            if (has("is", is)) {
                int next = skipSpaces(is + 2);
                next = has("the", next) ? skipSpaces(next + 3) : next;
                if (has("correct", next)) {
                    return Optional.of(upper(at));
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> lastAlone(List<String> letters) {
        for (int at = text.length() - 1; at >= 0; at--) {
            char c = text.charAt(at);
            boolean alone = c >= 'A'
                    && c <= 'Z'
                    && (at == 0 || !PythonText.isPartOfWord(text.codePointBefore(at)))
                    && (at + 1 == text.length() || !PythonText.isPartOfWord(text.codePointAt(at + 1)));
            if (alone && letters.contains(String.valueOf(c))) {
                return Optional.of(String.valueOf(c));
            }
        }
        return Optional.empty();
    }

    /** The letter behind spaces and "is" or a colon; where none is behind "is", its own i. */
    private Optional<String> letterAfter(int from) {
        int at = skipSpaces(from);
        int length = has("is", at) ? 2 : has(":", at) ? 1 : 0;
        int letter = skipSpaces(at + length);
        if (isLetter(letter)) {
            return Optional.of(upper(letter));
        }
        return isLetter(at) ? Optional.of(upper(at)) : Optional.empty();
    }

    private boolean has(String word, int at) {
        return text.regionMatches(true, at, word, 0, word.length());
    }

    private int skipSpaces(int from) {
        int at = from;
        while (at < text.length() && PythonText.isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private boolean isLetter(int at) {
        if (at >= text.length()) {
            return false;
        }
        char c = text.charAt(at);
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }

    private String upper(int at) {
        return text.substring(at, at + 1).toUpperCase(Locale.ROOT);
    }
}
