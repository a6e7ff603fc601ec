package io.millrace.common.reward.slime.latex;

import java.util.Map;

/** The mathematical alphabets of Unicode: letters of a style, and the few that had a place elsewhere before. */
final class MathAlphabet {
    private static final Map<String, Integer> CAPITAL_A = Map.of(
            "bold",
            0x1D400,
            "italic",
            0x1D434,
            "script",
            0x1D49C,
            "fraktur",
            0x1D504,
            "doublestruck",
            0x1D538,
            "sans",
            0x1D5A0,
            "monospace",
            0x1D670);
    private static final Map<String, String> ELSEWHERE = Map.of(
            "italic", "h\u210e",
            "script", "B\u212cE\u2130F\u2131H\u210bI\u2110L\u2112M\u2133R\u211be\u212fg\u210ao\u2134",
            "fraktur", "C\u212dH\u210cI\u2111R\u211cZ\u2128",
            "doublestruck", "C\u2102H\u210dN\u2115P\u2119Q\u211aR\u211dZ\u2124");

    private MathAlphabet() {}

    static String styled(String text, String style) {
        int capital = CAPITAL_A.getOrDefault(style, (int) 'A');
        String elsewhere = ELSEWHERE.getOrDefault(style, "");
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(point -> {
            int other = point < 128 && Character.isLetter(point) ? elsewhere.indexOf(point) : -1;
            if (other >= 0) {
                out.append(elsewhere.charAt(other + 1));
            } else if (point >= 'A' && point <= 'Z') {
                out.appendCodePoint(capital + point - 'A');
            } else if (point >= 'a' && point <= 'z') {
                out.appendCodePoint(capital + 26 + point - 'a');
            } else {
                out.appendCodePoint(point);
            }
        });
        return out.toString();
    }
}
