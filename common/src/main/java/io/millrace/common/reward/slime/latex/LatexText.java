package io.millrace.common.reward.slime.latex;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import io.millrace.common.reward.text.PythonText;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * LaTeX as plain text: {@code \frac{a}{b}} is a/b, {@code \sqrt{a}} is √(a), Greek letters and signs are themselves, fonts
 * and braces are gone, an unknown macro comes to nothing. The same text as pylatexenc's latex2text with its defaults.
 */
public final class LatexText {
    /** In characters: a macro as long as its text may repeat it. */
    private static final int LENGTH_MAX = 20_000;

    private static final Map<String, String> SPECIALS = Map.of(
            "&", "   ", "~", "\u00a0", "``", "\u201c", "''", "\u201d", "--", "\u2013", "---", "\u2014", "!`", "\u00a1",
            "?`", "\u00bf");
    private static final Set<String> MATRICES =
            Set.of("array", "pmatrix", "bmatrix", "smallmatrix", "psmallmatrix", "bsmallmatrix");
    private static final Set<String> EQUATIONS = Set.of(
            "equation",
            "equation*",
            "eqnarray",
            "eqnarray*",
            "align",
            "multline",
            "gather",
            "align*",
            "multline*",
            "gather*",
            "dmath",
            "dmath*");
    private static final Set<String> CENTRED = Set.of("center", "flushleft", "flushright");
    private static final Pattern NAMED_ARGUMENT = Pattern.compile("%\\(([0-9])\\)s");

    private final Work work;

    private LatexText(Work work) {
        this.work = work;
    }

    /** @throws NotComparable where pylatexenc fails, or beyond the limits of the work */
    public static String of(String latex, Work work) throws NotComparable {
        return new LatexText(work).all(new LatexReader(latex, work).read(), false);
    }

    /** @param formula whether they stand in a formula: there spaces are as in the source, but for those alone */
    private String all(List<? extends LatexNode> nodes, boolean formula) throws NotComparable {
        StringBuilder out = new StringBuilder();
        LatexNode before = null;
        for (LatexNode node : nodes) {
            if (formula
                    && node instanceof LatexNode.Chars
                    && before instanceof LatexNode.MacroCall macro
                    && (macro.arguments() == null || macro.arguments().isEmpty())) {
                out.append(macro.space());
            }
            out.append(one(node, formula));
            work.spend(1);
            if (out.length() > LENGTH_MAX) {
                throw NotComparable.limit("a text of more than " + LENGTH_MAX + " characters");
            }
            before = node;
        }
        work.spend(out.length());
        return out.toString();
    }

    private String one(LatexNode node, boolean formula) throws NotComparable {
        return switch (node) {
            case LatexNode.Chars chars ->
                formula && PythonText.strip(chars.text()).isEmpty() ? "" : chars.text();
            case LatexNode.Group group -> all(group.nodes(), formula);
            case LatexNode.Special special -> SPECIALS.getOrDefault(special.signs(), special.signs());
            case LatexNode.Formula inner -> formula(inner.nodes(), inner.display());
            case LatexNode.Environment environment -> environment(environment, formula);
            case LatexNode.MacroCall macro -> macro(macro, formula);
        };
    }

    private String formula(List<LatexNode> nodes, boolean display) throws NotComparable {
        String text = PythonText.strip(all(nodes, true));
        return display ? "\n    " + text.replace("\n", "\n    ") + "\n" : text;
    }

    private String environment(LatexNode.Environment environment, boolean formula) throws NotComparable {
        if (MATRICES.contains(environment.name())) {
            return matrix(environment.nodes(), formula);
        }
        if (EQUATIONS.contains(environment.name())) {
            return formula(environment.nodes(), true);
        }
        String text = all(environment.nodes(), formula);
        return CENTRED.contains(environment.name()) ? "\n" + text + "\n" : text;
    }

    /** {@code [ 1 2; 3 4 ]}, all entries as wide as the widest. */
    private String matrix(List<LatexNode> nodes, boolean formula) throws NotComparable {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        List<LatexNode> entry = new ArrayList<>();
        for (LatexNode node : nodes) {
            boolean newRow =
                    node instanceof LatexNode.MacroCall macro && macro.name().equals("\\");
            if (newRow
                    || (node instanceof LatexNode.Special special
                            && special.signs().equals("&"))) {
                endEntry(row, entry, formula);
                if (newRow) {
                    rows.add(row);
                    row = new ArrayList<>();
                }
            } else {
                entry.add(node);
            }
        }
        endEntry(row, entry, formula);
        rows.add(row);
        int width = rows.stream()
                .flatMap(List::stream)
                .mapToInt(String::length)
                .max()
                .orElseThrow(() -> NotComparable.syntax("a matrix without entries"));
        work.spend(width * rows.stream().mapToInt(List::size).sum());
        return rows.stream()
                .map(cells -> cells.stream()
                        .map(cell -> " ".repeat(width - cell.length()) + cell)
                        .collect(Collectors.joining(" ")))
                .collect(Collectors.joining("; ", "[ ", " ]"));
    }

    private void endEntry(List<String> row, List<LatexNode> entry, boolean formula) throws NotComparable {
        if (!entry.isEmpty()) {
            row.add(PythonText.strip(all(entry, formula)));
            entry.clear();
        }
    }

    private String macro(LatexNode.MacroCall call, boolean formula) throws NotComparable {
        Macro macro = Macro.named(call.name());
        List<String> arguments = new ArrayList<>();
        if (call.arguments() != null) {
            for (@Nullable LatexNode argument : call.arguments()) {
                arguments.add(argument == null ? "" : one(argument, formula));
            }
        }
        return switch (macro.kind()) {
            case DROP -> "";
            case ARGUMENTS -> String.join("", arguments);
            case TEXT -> filled(macro.text(), arguments);
            case STYLE -> MathAlphabet.styled(arguments.isEmpty() ? "" : arguments.getFirst(), macro.text());
            case ACCENT -> accented(arguments.isEmpty() ? " " : PythonText.strip(arguments.getLast()), macro.text());
        };
    }

    /** As it is where the number of arguments is another. */
    private static String filled(String template, List<String> arguments) throws NotComparable {
        if (template.length() == 1 || !template.contains("%")) {
            return template;
        }
        StringBuilder out = new StringBuilder();
        if (template.contains("%s")) {
            String[] parts = template.split("%s", -1);
            if (parts.length - 1 != arguments.size()) {
                return template;
            }
            for (int i = 0; i < parts.length; i++) {
                out.append(parts[i]).append(i < arguments.size() ? arguments.get(i) : "");
            }
            return out.toString();
        }
        Matcher matcher = NAMED_ARGUMENT.matcher(template);
        int from = 0;
        while (matcher.find()) {
            int number = Integer.parseInt(matcher.group(1));
            if (number > arguments.size()) {
                throw NotComparable.syntax("a macro without its arguments");
            }
            out.append(template, from, matcher.start()).append(arguments.get(number - 1));
            from = matcher.end();
        }
        return out.append(template.substring(from)).toString();
    }

    private static String accented(String text, String mark) {
        return text.codePoints()
                .map(point -> point == 0x131 ? 'i' : point == 0x237 ? 'j' : point)
                .mapToObj(point -> Normalizer.normalize(Character.toString(point) + mark, Normalizer.Form.NFC))
                .collect(Collectors.joining());
    }
}
