package io.millrace.common.chat.syntax;

import io.millrace.common.chat.syntax.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text to tokens as Jinja 3.1 does it with {@code trim_blocks} and {@code lstrip_blocks}, which is how transformers reads
 * chat templates: a line feed behind a block is none, nor is white space before one at the begin of its line. A {@code -} in
 * a tag takes all white space on its side away, a {@code +} leaves it.
 */
final class Lexer {
    /** What Python counts as white space. */
    static final String SPACE =
            "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";

    private static final Pattern TAG = Pattern.compile("\\{([{%#])([-+]?)");
    private static final Pattern SPACES = Pattern.compile(SPACE + "*");
    private static final Pattern TRAILING_SPACES = Pattern.compile(SPACE + "+\\z");
    private static final Pattern VARIABLE_END = Pattern.compile("-}}" + SPACE + "*|}}");
    private static final Pattern BLOCK_END = Pattern.compile("\\+%}|-%}" + SPACE + "*|%}\\n?");
    private static final Pattern COMMENT = Pattern.compile("(.*?)(\\+#}|-#}" + SPACE + "*|#}\\n?)", Pattern.DOTALL);
    private static final Pattern RAW = Pattern.compile(SPACE + "*raw" + SPACE + "*[-+]?%}");
    private static final Pattern NAME =
            Pattern.compile("[\\p{L}\\p{Nl}_][\\p{L}\\p{Nl}\\p{Mn}\\p{Mc}\\p{Nd}\\p{Pc}_]*");
    private static final Pattern FLOAT = Pattern.compile(
            "\\d+(?:_\\d+)*(?:\\.\\d+(?:_\\d+)*)?[eE][+-]?\\d+(?:_\\d+)*|\\d+(?:_\\d+)*\\.\\d+(?:_\\d+)*");
    private static final Pattern INTEGER = Pattern.compile("[1-9](?:_?\\d)*|0(?:_?0)*");
    private static final Pattern STRING =
            Pattern.compile("'([^'\\\\]*(?:\\\\.[^'\\\\]*)*)'|\"([^\"\\\\]*(?:\\\\.[^\"\\\\]*)*)\"", Pattern.DOTALL);
    private static final Pattern OPERATOR = Pattern.compile("//|\\*\\*|==|!=|<=|>=|[-+/*%~\\[\\](){}<>=.:|,;]");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        // One line feed at the end is none.
        return new Lexer(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source).all();
    }

    private List<Token> all() {
        // Whether what was read last ended with a line feed, so that the next text begins a line.
        boolean lineBegins = true;
        while (at < source.length()) {
            Matcher tag = TAG.matcher(source).region(at, source.length());
            if (!tag.find()) {
                add(Kind.DATA, source.substring(at));
                break;
            }
            char kind = tag.group(1).charAt(0);
            String sign = tag.group(2);
            add(Kind.DATA, before(source.substring(at, tag.start()), kind, sign, lineBegins));
            at = tag.end();
            switch (kind) {
                case '#' -> skip(COMMENT, "a comment that does not end");
                case '{' -> inside(Kind.VARIABLE_BEGIN, Kind.VARIABLE_END, VARIABLE_END);
                default -> {
                    if (matcher(RAW).lookingAt()) {
                        throw error("raw blocks are not rendered here");
                    }
                    inside(Kind.BLOCK_BEGIN, Kind.BLOCK_END, BLOCK_END);
                }
            }
            lineBegins = source.charAt(at - 1) == '\n';
        }
        tokens.add(new Token(Kind.END, "", line()));
        return tokens;
    }

    private static String before(String text, char kind, String sign, boolean lineBegins) {
        if (sign.equals("-")) {
            return TRAILING_SPACES.matcher(text).replaceFirst("");
        }
        if (kind == '{' || sign.equals("+")) {
            return text;
        }
        int line = text.lastIndexOf('\n') + 1;
        boolean blank = SPACES.matcher(text).region(line, text.length()).matches();
        return blank && (line > 0 || lineBegins) ? text.substring(0, line) : text;
    }

    private void skip(Pattern pattern, String otherwise) {
        Matcher matcher = matcher(pattern);
        if (!matcher.lookingAt()) {
            throw error(otherwise);
        }
        at = matcher.end();
    }

    /** Tokens up to the end of a tag; an end inside brackets is an operator. */
    private void inside(Kind begin, Kind end, Pattern endPattern) {
        tokens.add(new Token(begin, source.substring(at - 2, at), line()));
        int depth = 0;
        while (true) {
            at = matchedEnd(SPACES);
            if (at == source.length()) {
                throw error("a tag that does not end");
            }
            Matcher over = matcher(endPattern);
            if (depth == 0 && over.lookingAt()) {
                tokens.add(new Token(end, over.group().strip(), line()));
                at = over.end();
                return;
            }
            Token token = expressionToken();
            if (token.kind() == Kind.OPERATOR) {
                depth += switch (token.text()) {
                    case "(", "[", "{" -> 1;
                    case ")", "]", "}" -> -1;
                    default -> 0;
                };
            }
            tokens.add(token);
        }
    }

    private Token expressionToken() {
        int line = line();
        for (Kind kind : new Kind[] {Kind.FLOAT, Kind.INTEGER, Kind.NAME, Kind.STRING, Kind.OPERATOR}) {
            Matcher matcher = matcher(
                    switch (kind) {
                        case FLOAT -> FLOAT;
                        case INTEGER -> INTEGER;
                        case NAME -> NAME;
                        case STRING -> STRING;
                        default -> OPERATOR;
                    });
            if (matcher.lookingAt()) {
                at = matcher.end();
                String text = matcher.group();
                return switch (kind) {
                    case FLOAT, INTEGER -> new Token(kind, text.replace("_", ""), line);
                    case STRING -> new Token(kind, unescaped(text.substring(1, text.length() - 1)), line);
                    default -> new Token(kind, text, line);
                };
            }
        }
        throw error("an unexpected " + source.substring(at, Math.min(source.length(), at + 1)));
    }

    /** What a string stands for, as in Python. */
    private String unescaped(String written) {
        StringBuilder text = new StringBuilder();
        int i = 0;
        while (i < written.length()) {
            char c = written.charAt(i++);
            if (c != '\\') {
                text.append(c);
                continue;
            }
            char escape = written.charAt(i++);
            switch (escape) {
                case 'n' -> text.append('\n');
                case 't' -> text.append('\t');
                case 'r' -> text.append('\r');
                case '\\', '\'', '"' -> text.append(escape);
                case '\n' -> {}
                case 'x', 'u', 'U' -> {
                    int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : 8;
                    if (i + digits > written.length()) {
                        throw error("a string with an escape that does not end");
                    }
                    text.appendCodePoint(Integer.parseInt(written.substring(i, i + digits), 16));
                    i += digits;
                }
                case 'a', 'b', 'f', 'v', 'N', '0', '1', '2', '3', '4', '5', '6', '7' ->
                    throw error("the escape \\" + escape + " in a string");
                // Python keeps both.
                default -> text.append('\\').append(escape);
            }
        }
        return text.toString();
    }

    private Matcher matcher(Pattern pattern) {
        return pattern.matcher(source).region(at, source.length());
    }

    private int matchedEnd(Pattern pattern) {
        Matcher matcher = matcher(pattern);
        return matcher.lookingAt() ? matcher.end() : at;
    }

    private void add(Kind kind, String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(kind, text, line()));
        }
    }

    private int line() {
        return 1
                + (int) source.substring(0, Math.min(at, source.length()))
                        .chars()
                        .filter(c -> c == '\n')
                        .count();
    }

    private TemplateException error(String what) {
        return new TemplateException("line " + line() + " of the template: " + what);
    }
}
