package io.millrace.common.reward.slime.latex;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import io.millrace.common.reward.slime.latex.LatexToken.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads LaTeX and forgives: what closes nothing is passed over, what is left open ends with the text, a macro without its
 * arguments stands alone. Not thread-safe: one per text.
 */
final class LatexReader {
    private static final Map<String, String> ENVIRONMENT_ARGUMENTS = Map.of(
            "array",
            "[{",
            "tabular",
            "{",
            "tabular*",
            "{{",
            "alignat",
            "{",
            "alignat*",
            "{",
            "enumerate",
            "[",
            "itemize",
            "[");
    private static final int DEPTH_MAX = 100;

    /** What ends a run of nodes: one of the three, or the end of the text. */
    private record Stop(
            @Nullable String brace,
            @Nullable String environment,
            @Nullable String formula) {
        static final Stop NONE = new Stop(null, null, null);
    }

    private record Read<T>(T value, int end) {}

    private final LatexTokens tokens;
    private final Work work;

    LatexReader(String text, Work work) {
        this.tokens = new LatexTokens(text, work);
        this.work = work;
    }

    List<LatexNode> read() throws NotComparable {
        return nodes(0, Stop.NONE, 0).value();
    }

    private Read<List<LatexNode>> nodes(int from, Stop stop, int depth) throws NotComparable {
        if (depth > DEPTH_MAX) {
            throw NotComparable.syntax("nested deeper than " + DEPTH_MAX);
        }
        List<LatexNode> nodes = new ArrayList<>();
        StringBuilder chars = new StringBuilder();
        int at = from;
        while (true) {
            work.spend(1);
            LatexToken token = tokens.at(at, "]".equals(stop.brace()), true);
            chars.append(token.before());
            at = token.end();
            if (token.kind() == Kind.CHARS) {
                chars.append(token.text());
                continue;
            }
            if (!chars.isEmpty()) {
                nodes.add(new LatexNode.Chars(chars.toString()));
                chars.setLength(0);
            }
            switch (token.kind()) {
                case OVER -> {
                    return new Read<>(nodes, token.end());
                }
                case CLOSE -> {
                    if (token.text().equals(stop.brace())) {
                        return new Read<>(nodes, at);
                    }
                }
                case END -> {
                    if (token.text().equals(stop.environment())) {
                        return new Read<>(nodes, at);
                    }
                }
                case FORMULA -> {
                    if (token.text().equals(stop.formula())) {
                        return new Read<>(nodes, at);
                    }
                    if (!token.text().equals("\\)") && !token.text().equals("\\]")) {
                        at = add(nodes, formula(token, depth));
                    }
                }
                case OPEN -> at = add(nodes, group(token, depth));
                case BEGIN -> at = add(nodes, environment(token, depth));
                case MACRO -> at = add(nodes, macro(token, depth));
                case SPECIAL -> nodes.add(new LatexNode.Special(token.text()));
                case CHARS, COMMENT -> {}
            }
        }
    }

    private static int add(List<LatexNode> nodes, Read<? extends LatexNode> read) {
        nodes.add(read.value());
        return read.end();
    }

    private Read<LatexNode> formula(LatexToken open, int depth) throws NotComparable {
        String close = open.text().replace('(', ')').replace('[', ']');
        Read<List<LatexNode>> inner = nodes(open.end(), new Stop(null, null, close), depth + 1);
        boolean display = open.text().equals("\\[") || open.text().equals("$$");
        return new Read<>(new LatexNode.Formula(display, inner.value()), inner.end());
    }

    private Read<LatexNode> group(LatexToken open, int depth) throws NotComparable {
        String close = open.text().equals("[") ? "]" : "}";
        Read<List<LatexNode>> inner = nodes(open.end(), new Stop(close, null, null), depth + 1);
        return new Read<>(new LatexNode.Group(inner.value()), inner.end());
    }

    private Read<LatexNode> environment(LatexToken begin, int depth) throws NotComparable {
        int at = begin.end();
        Optional<Read<List<@Nullable LatexNode>>> arguments =
                arguments(at, ENVIRONMENT_ARGUMENTS.getOrDefault(begin.text(), ""), false, depth);
        at = arguments.isPresent() ? arguments.get().end() : at;
        Read<List<LatexNode>> inner = nodes(at, new Stop(null, begin.text(), null), depth + 1);
        return new Read<>(new LatexNode.Environment(begin.text(), inner.value()), inner.end());
    }

    private Read<LatexNode> macro(LatexToken token, int depth) throws NotComparable {
        boolean newline = token.text().equals("\\");
        Optional<Read<List<@Nullable LatexNode>>> arguments =
                arguments(token.end(), Macro.named(token.text()).arguments(), newline, depth);
        if (arguments.isEmpty()) {
            return new Read<>(new LatexNode.MacroCall(token.text(), null, token.after()), token.end());
        }
        return new Read<>(
                new LatexNode.MacroCall(token.text(), arguments.get().value(), token.after()),
                arguments.get().end());
    }

    /** Empty when the text is over before they are. */
    private Optional<Read<List<@Nullable LatexNode>>> arguments(
            int from, String kinds, boolean optionalWithoutSpace, int depth) throws NotComparable {
        List<@Nullable LatexNode> arguments = new ArrayList<>();
        int at = from;
        for (int i = 0; i < kinds.length(); i++) {
            if (kinds.charAt(i) == '{') {
                Optional<Read<LatexNode>> argument = expression(at, depth);
                if (argument.isEmpty()) {
                    return Optional.empty();
                }
                arguments.add(argument.get().value());
                at = argument.get().end();
                continue;
            }
            boolean star = kinds.charAt(i) == '*';
            LatexToken token = tokens.at(at, !star, star);
            if (star && token.kind() == Kind.OVER) {
                return Optional.empty();
            }
            if (star && token.kind() == Kind.CHARS && token.text().equals("*")) {
                arguments.add(new LatexNode.Chars("*"));
                at = token.end();
            } else if (!star
                    && token.kind() == Kind.OPEN
                    && token.text().equals("[")
                    && !(optionalWithoutSpace && tokens.isSpaceAt(at))) {
                Read<LatexNode> group = group(token, depth);
                arguments.add(group.value());
                at = group.end();
            } else {
                arguments.add(null);
            }
        }
        return Optional.of(new Read<>(arguments, at));
    }

    /** The next group, macro or character; empty at the end of the text. */
    private Optional<Read<LatexNode>> expression(int from, int depth) throws NotComparable {
        LatexToken token = tokens.at(from, false, false);
        return switch (token.kind()) {
            case OVER -> Optional.empty();
            case OPEN -> Optional.of(group(token, depth));
            case CLOSE -> Optional.of(new Read<>(new LatexNode.Chars(""), token.start()));
            case SPECIAL -> Optional.of(new Read<>(new LatexNode.Special(token.text()), token.end()));
            case MACRO ->
                token.text().equals("end")
                        ? Optional.of(new Read<>(new LatexNode.Chars(""), token.start()))
                        : Optional.of(
                                new Read<>(new LatexNode.MacroCall(token.text(), null, token.after()), token.end()));
            case FORMULA ->
                Optional.of(new Read<>(
                        token.text().startsWith("\\")
                                ? new LatexNode.MacroCall(token.text(), null, "")
                                : new LatexNode.Chars(token.text()),
                        token.end()));
            case COMMENT -> expression(token.end(), depth);
            case CHARS, BEGIN, END -> Optional.of(new Read<>(new LatexNode.Chars(token.text()), token.end()));
        };
    }
}
