package io.millrace.common.reward.math;

import io.millrace.common.reward.math.Token.Kind;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts an answer, LaTeX or plain, into tokens and drops what is only looks: dollar signs, spacing, sizes, fonts. Never
 * fails: what it does not know becomes a symbol that no parser takes. One pass, and each token is looked at once.
 */
final class Lexer {
    private static final Map<String, String> ALIASES = Map.ofEntries(
            Map.entry("dfrac", "frac"),
            Map.entry("tfrac", "frac"),
            Map.entry("cfrac", "frac"),
            Map.entry("lbrace", "{"),
            Map.entry("rbrace", "}"),
            Map.entry("ast", "cdot"),
            Map.entry("infin", "infty"),
            Map.entry("le", "leq"),
            Map.entry("ge", "geq"),
            Map.entry("ne", "neq"),
            Map.entry("leqslant", "leq"),
            Map.entry("geqslant", "geq"),
            Map.entry("degree", "circ"));

    /** Relations, which are symbols here, however they are written. */
    private static final Map<String, String> RELATIONS =
            Map.of("lt", "<", "gt", ">", "leq", "<=", "geq", ">=", "neq", "!=", "approx", "approx");

    /** Environments that lay out a table. */
    private static final Set<String> TABLES =
            Set.of("matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array", "cases");

    private static final Set<String> LOOKS = Set.of(
            "left",
            "right",
            "big",
            "Big",
            "bigl",
            "bigr",
            "Bigl",
            "Bigr",
            "bigg",
            "Bigg",
            "displaystyle",
            "textstyle",
            "quad",
            "qquad",
            "limits",
            "rm",
            "bf",
            "mathbf",
            "boldsymbol",
            "mathit",
            "boxed");
    /** In digits, of a number with an exponent. */
    private static final int EXPANDED_LENGTH_MAX = 1000;

    private static final Set<String> DOTS = Set.of("ldots", "dots", "cdots");
    private static final Set<String> TEXTS = Set.of(
            "text", "mbox", "textrm", "textnormal", "textbf", "textit", "emph", "mathrm", "operatorname", "hbox");
    private static final Map<String, Token> WORDS = Map.of(
            "and", new Token(Kind.SYMBOL, ",", true),
            "or", new Token(Kind.SYMBOL, ",", true),
            "pi", new Token(Kind.COMMAND, "pi", true),
            "inf", new Token(Kind.COMMAND, "infty", true),
            "infinity", new Token(Kind.COMMAND, "infty", true),
            "sqrt", new Token(Kind.COMMAND, "root", true));
    private static final Map<Character, String> SIGNS = Map.of(
            '×', "times", '·', "cdot", '⋅', "cdot", '÷', "div", 'π', "pi", '∞', "infty", '√', "root", '∪', "cup", '∈',
            "in", '±', "pm");

    private static final Map<Character, String> RELATION_SIGNS =
            Map.of('≤', "<=", '≥', ">=", '≠', "!=", '⩽', "<=", '⩾', ">=");

    private static final Map<Character, String> RAISED = Map.of('²', "2", '³', "3");

    /** Signs between digits that only group them; a plain comma may also part elements and is judged in place. */
    private static final Pattern THOUSANDS =
            Pattern.compile("(?<=[0-9])(?:\\s?\\{,\\s?}|,\\\\!\\s?|\\\\,| )(?=[0-9]{3}(?![0-9/]))");

    private static final Pattern DEGREES = Pattern.compile("\\^ ?(?:\\{ ?\\\\circ ?}|\\\\circ(?![a-zA-Z]))");

    /** Behind a number; what comes to more digits stays as it is. */
    private static final Pattern EXPONENT = Pattern.compile("[eE]([+-]?[0-9]{1,3})(?![A-Za-z0-9.])");

    private static final Pattern ENVIRONMENT = Pattern.compile("\\{([a-zA-Z]{1,20})\\*?}(?:\\{[clr| ]{0,40}})?");

    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    /** One entry per open bracket: whether commas in it part elements. */
    private final Deque<Boolean> brackets = new ArrayDeque<>();
    /** How many of the open brackets are such. */
    private int parting;

    private int at;
    private boolean spaced;
    /** Tables that are open. */
    private int tables;

    private Lexer(String text) {
        this.text = text;
    }

    static List<Token> tokens(String answer) {
        String bare = DEGREES.matcher(answer).replaceAll("");
        Lexer lexer = new Lexer(THOUSANDS.matcher(bare).replaceAll(""));
        while (lexer.at < lexer.text.length()) {
            lexer.next();
        }
        while (!lexer.tokens.isEmpty()
                && (lexer.tokens.getLast().isSymbol(".")
                        || DOTS.contains(lexer.tokens.getLast().text()))) {
            lexer.tokens.removeLast();
        }
        if (lexer.tokens.size() == 1 && lexer.tokens.getFirst().kind() == Kind.TEXT) {
            lexer.tokens.set(0, choice(lexer.tokens.getFirst()));
        }
        return lexer.tokens;
    }

    /** A text that is all of an answer is the letter of a choice, where it is one: (A) is A. */
    private static Token choice(Token text) {
        String bare = text.text().replaceAll("^\\(\\s*([A-Za-z])\\s*\\)$", "$1");
        return new Token(bare.length() == 1 ? Kind.LETTERS : Kind.TEXT, bare, text.spaced());
    }

    private void next() {
        char c = text.charAt(at);
        if (Character.isWhitespace(c) || c == '~' || c == '\u00a0') {
            spaced = true;
            at++;
        } else if (isDigit(at) || (c == '.' && isDigit(at + 1))) {
            number();
        } else if (c == '\\') {
            command();
        } else if (isLetter(at)) {
            letters();
        } else {
            at++;
            sign(c);
        }
    }

    private void sign(char c) {
        if (c == '$' || c == '£' || c == '€' || c == '°' || c == '"') {
            return;
        }
        String command = SIGNS.get(c);
        String relation = RELATION_SIGNS.get(c);
        String raised = RAISED.get(c);
        if (c == '*' && at < text.length() && text.charAt(at) == '*') {
            at++;
            add(Kind.SYMBOL, "^");
        } else if ((c == '<' || c == '>' || c == '!') && at < text.length() && text.charAt(at) == '=') {
            at++;
            add(Kind.SYMBOL, c + "=");
        } else if (relation != null) {
            add(Kind.SYMBOL, relation);
        } else if (raised != null) {
            add(Kind.SYMBOL, "^");
            add(Kind.NUMBER, raised);
        } else if (command != null) {
            add(Kind.COMMAND, command);
        } else {
            add(Kind.SYMBOL, c == '−' || c == '–' ? "-" : String.valueOf(c));
        }
    }

    private void letters() {
        int start = at;
        while (isLetter(at)) {
            at++;
        }
        String run = text.substring(start, at);
        Token word = WORDS.get(run);
        if (word != null && word.isSymbol(",")) {
            comma();
        } else if (word != null) {
            add(word.kind(), word.text());
        } else {
            add(Kind.LETTERS, run);
        }
    }

    /** An "and" behind a comma parts nothing more. */
    private void comma() {
        if (tokens.isEmpty() || !tokens.getLast().isSymbol(",")) {
            add(Kind.SYMBOL, ",");
        }
    }

    private void command() {
        at++;
        if (tables == 0 && at < text.length() && text.charAt(at) == '\\' && isLetter(at + 1)) {
            // Escaped once too often.
            at++;
        }
        if (!isLetter(at)) {
            escaped(at < text.length() ? text.charAt(at) : ' ');
            at++;
            return;
        }
        int start = at;
        while (isLetter(at)) {
            at++;
        }
        String name = text.substring(start, at);
        String relation = RELATIONS.get(ALIASES.getOrDefault(name, name));
        if (name.startsWith("quad")) {
            // The letters behind it are not its own.
            at = start + "quad".length();
            spaced = true;
        } else if (name.equals("begin") || name.equals("end")) {
            table(name.equals("begin"));
        } else if (relation != null) {
            add(relation.equals("approx") ? Kind.COMMAND : Kind.SYMBOL, relation);
        } else if (name.equals("lvert") || name.equals("rvert") || name.equals("vert")) {
            add(Kind.SYMBOL, "|");
        } else if (LOOKS.contains(name)) {
            spaced = true;
        } else if (TEXTS.contains(name)) {
            texts();
        } else {
            add(Kind.COMMAND, ALIASES.getOrDefault(name, name));
        }
    }

    /** An environment's name, and an array's columns; a table's is a bracket, any other is left out. */
    private void table(boolean begins) {
        Matcher named = ENVIRONMENT.matcher(text).region(at, text.length());
        if (!named.lookingAt()) {
            return;
        }
        at = named.end();
        if (TABLES.contains(named.group(1))) {
            tables += begins ? 1 : -1;
            add(Kind.COMMAND, begins ? Token.TABLE : Token.TABLE_END);
        }
    }

    private void escaped(char c) {
        if (c == '\\' && tables > 0) {
            add(Kind.SYMBOL, Token.ROW);
            return;
        }
        switch (c) {
            case '{', '}' -> add(Kind.COMMAND, String.valueOf(c));
            case '%' -> add(Kind.SYMBOL, "%");
            case '$', '(', ')', '[', ']' -> {}
            default -> spaced = true;
        }
    }

    /** The group after a text command; one that holds digits is read as if the command were not there. */
    private void texts() {
        int open = at;
        while (open < text.length() && text.charAt(open) == ' ') {
            open++;
        }
        int close = open < text.length() && text.charAt(open) == '{' ? endOfWords(open + 1) : -1;
        if (close < 0) {
            return;
        }
        String inside = text.substring(open + 1, close).strip().replaceAll("\\s+", " ");
        at = close + 1;
        if (inside.equals("and") || inside.equals("or") || inside.equals(",")) {
            comma();
        } else {
            add(Kind.TEXT, inside);
        }
    }

    /** Where the brace stands that closes words without digits and braces; -1 when what begins here is something else. */
    private int endOfWords(int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '}') {
                return i;
            }
            if (c == '{' || Character.isDigit(c)) {
                return -1;
            }
        }
        return -1;
    }

    private void number() {
        int start = at;
        skipDigits();
        boolean commasPart = parting > 0;
        if (!commasPart && at - start <= 3) {
            while (isThousands(at)) {
                at += 4;
            }
        }
        if (at < text.length() && text.charAt(at) == '.' && isDigit(at + 1)) {
            at++;
            skipDigits();
        }
        String digits = text.substring(start, at).replace(",", "");
        Matcher exponent = EXPONENT.matcher(text).region(at, text.length());
        if (exponent.lookingAt() && digits.length() < EXPANDED_LENGTH_MAX) {
            at = exponent.end();
            digits = new BigDecimal(digits)
                    .scaleByPowerOfTen(Integer.parseInt(exponent.group(1)))
                    .toPlainString();
        }
        add(Kind.NUMBER, digits);
    }

    /** Whether a comma and exactly three digits stand here. */
    private boolean isThousands(int from) {
        return from < text.length()
                && text.charAt(from) == ','
                && isDigit(from + 1)
                && isDigit(from + 2)
                && isDigit(from + 3)
                && !isDigit(from + 4);
    }

    private void skipDigits() {
        while (isDigit(at)) {
            at++;
        }
    }

    private void add(Kind kind, String value) {
        Token token = new Token(kind, value, spaced);
        if (token.opens()) {
            boolean parts = !isArgument(token);
            brackets.push(parts);
            parting += parts ? 1 : 0;
        } else if (token.closes() && !brackets.isEmpty()) {
            parting -= brackets.pop() ? 1 : 0;
        }
        tokens.add(token);
        spaced = false;
    }

    /** Whether a brace opens the argument of a command or an exponent, where commas part nothing. */
    private boolean isArgument(Token token) {
        if (!token.isSymbol("{") || tokens.isEmpty()) {
            return false;
        }
        Token before = tokens.getLast();
        return before.kind() == Kind.COMMAND || before.isSymbol("}") || before.isSymbol("^") || before.isSymbol("_");
    }

    private boolean isDigit(int index) {
        return index < text.length() && text.charAt(index) >= '0' && text.charAt(index) <= '9';
    }

    private boolean isLetter(int index) {
        if (index >= text.length()) {
            return false;
        }
        char c = text.charAt(index);
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
