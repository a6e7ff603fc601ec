package io.millrace.common.reward.function;

import io.millrace.common.reward.text.Lowercase;
import io.millrace.common.reward.text.PythonText;
import java.util.ArrayList;
import java.util.List;

/**
 * The words of a text in SQuAD's normal form: lower case, without ASCII punctuation, without the words a, an and the.
 * Word borders and spaces are Unicode's, as in Python. One pass by hand, each character looked at a fixed number of
 * times, so that the work is bounded by the length of the response, which is the model's to choose.
 */
final class SquadWords {
    private static final int PARTS_OF_WORDS = 1 << Character.NON_SPACING_MARK
            | 1 << Character.ENCLOSING_MARK
            | 1 << Character.COMBINING_SPACING_MARK
            | 1 << Character.DECIMAL_DIGIT_NUMBER
            | 1 << Character.CONNECTOR_PUNCTUATION;
    private static final List<String> ARTICLES = List.of("a", "an", "the");

    private SquadWords() {}

    static List<String> of(String text) {
        String bare = withoutPunctuation(Lowercase.of(text));
        List<String> words = new ArrayList<>();
        int start = 0;
        int at = 0;
        boolean inWord = false;
        while (at < bare.length()) {
            int point = bare.codePointAt(at);
            int article = inWord ? 0 : articleLength(bare, at);
            if (article > 0 || PythonText.isSpace(point)) {
                add(words, bare, start, at);
                at += article > 0 ? article : Character.charCount(point);
                start = at;
                inWord = article > 0;
            } else {
                at += Character.charCount(point);
                inWord = isPartOfWord(point);
            }
        }
        add(words, bare, start, at);
        return words;
    }

    private static void add(List<String> words, String text, int from, int to) {
        if (to > from) {
            words.add(text.substring(from, to));
        }
    }

    private static String withoutPunctuation(String text) {
        StringBuilder bare = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letterOrDigit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (c <= ' ' || c >= 127 || letterOrDigit) {
                bare.append(c);
            }
        }
        return bare.toString();
    }

    /** How long the article is that begins here and ends at a word's border; 0 when none does. */
    private static int articleLength(String text, int at) {
        for (String article : ARTICLES) {
            int end = at + article.length();
            if (text.startsWith(article, at) && (end >= text.length() || !isPartOfWord(text.codePointAt(end)))) {
                return article.length();
            }
        }
        return 0;
    }

    private static boolean isPartOfWord(int point) {
        return Character.isAlphabetic(point)
                || (PARTS_OF_WORDS >> Character.getType(point) & 1) != 0
                || point == 0x200c
                || point == 0x200d;
    }
}
