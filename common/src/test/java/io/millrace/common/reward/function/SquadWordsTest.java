package io.millrace.common.reward.function;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.reward.text.Lowercase;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SquadWordsTest {
    private static final Pattern SPACES = Pattern.compile("(?U)[\\s\\x1c-\\x1f]+");

    /** The definition as regexes, fit for short texts. */
    private static List<String> defined(String text) {
        String bare = Lowercase.of(text).replaceAll("\\p{Punct}", "");
        String articles = bare.replaceAll("(?U)\\b(?:a|an|the)\\b", " ");
        return Arrays.stream(SPACES.split(articles))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    @Test
    void wordsAreThoseOfTheRegexes() {
        List<String> pieces = List.of(
                "a", "an", "the", "A", "n", "b", "5", "_", "-", ".", "$", " ", "  ", "\n", "\t", "\u001c", "\u0085",
                "\u00a0", "\u2003", "£", "é", "\u0301", "\u200d", "٣", "İ", "Σ", "ς", "😀", "\ud83d", "\udc00",
                "\u0000", "‿", "中", "²", "\u007f");
        Random random = new Random(5);
        for (int i = 0; i < 50_000; i++) {
            String text = IntStream.range(0, random.nextInt(12))
                    .mapToObj(at -> pieces.get(random.nextInt(pieces.size())))
                    .collect(Collectors.joining());
            assertEquals(defined(text), SquadWords.of(text), () -> Arrays.toString(text.toCharArray()));
        }
    }
}
