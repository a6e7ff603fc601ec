package io.millrace.common.reward.math;

import io.millrace.common.reward.math.Token.Kind;
import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Rational;
import io.millrace.common.reward.math.value.Value;
import io.millrace.common.reward.math.value.Work;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads one value: sums, products (also without sign), quotients, powers, roots, mixed numbers, letters. Recursive
 * descent; every descent is counted and its depth limited by {@link Work}.
 */
final class ScalarParser {
    /** Letter runs up to this length are products of letters; longer ones are words and have no value. */
    static final int PRODUCT_LENGTH_MAX = 3;

    private static final Set<String> FUNCTIONS = Set.of(
            "sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "exp", "max", "min", "gcd", "lcm", "mod", "det");
    private static final Set<String> GREEK = Set.of(
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "varepsilon",
            "zeta",
            "eta",
            "theta",
            "lambda",
            "mu",
            "nu",
            "rho",
            "sigma",
            "tau",
            "phi",
            "varphi",
            "psi",
            "omega",
            "Delta",
            "Gamma",
            "Omega",
            "Sigma",
            "Phi",
            "pi",
            "infty");
    private static final Map<String, Integer> SCALES =
            Map.of("thousand", 3, "million", 6, "billion", 9, "trillion", 12);
    private static final Map<String, String> CLOSING = Map.of("(", ")", "[", "]", "{", "}");

    private final List<Token> tokens;
    private final Work work;
    private int at;

    private ScalarParser(List<Token> tokens, Work work) {
        this.tokens = new ArrayList<>(tokens);
        this.work = work;
    }

    static Term parse(List<Token> tokens, Work work) throws NotComparable {
        ScalarParser parser = new ScalarParser(tokens, work);
        Term term = parser.quotient(0);
        if (parser.at < parser.tokens.size()) {
            throw NotComparable.syntax(
                    "cannot read from '" + parser.tokens.get(parser.at).text() + "' on");
        }
        return term;
    }

    /** A sum, or two with TeX's own sign of a fraction between them. */
    private Term quotient(int depth) throws NotComparable {
        Term above = sum(depth);
        if (!peekCommand("over")) {
            return above;
        }
        at++;
        return above.dividedBy(sum(depth), work);
    }

    private Term sum(int depth) throws NotComparable {
        work.enter(depth);
        boolean negative = sign();
        Term total = product(depth + 1);
        total = negative ? total.negate() : total;
        while (peekSymbol("+") || peekSymbol("-")) {
            boolean minus = sign();
            Term next = product(depth + 1);
            total = total.plus(minus ? next.negate() : next, work);
        }
        return total;
    }

    /** Takes any run of signs; whether they make a minus. */
    private boolean sign() throws NotComparable {
        boolean negative = false;
        while (peekSymbol("+") || peekSymbol("-")) {
            work.spend(1);
            negative ^= peekSymbol("-");
            at++;
        }
        return negative;
    }

    private Term product(int depth) throws NotComparable {
        Term result = mixedOrPower(depth);
        while (at < tokens.size()) {
            work.spend(1);
            if (peekSymbol("*") || peekCommand("times") || peekCommand("cdot")) {
                at++;
                result = result.times(signedPower(depth), work);
            } else if (peekSymbol("/") || peekSymbol(":") || peekCommand("div")) {
                at++;
                result = result.dividedBy(signedPower(depth), work);
            } else if (startsFactor()) {
                if (tokens.get(at).kind() == Kind.NUMBER && !endsFactor()) {
                    throw NotComparable.syntax("a number that follows without a sign");
                }
                result = result.times(power(depth), work);
            } else {
                return result;
            }
        }
        return result;
    }

    private Term signedPower(int depth) throws NotComparable {
        boolean negative = sign();
        Term term = power(depth);
        return negative ? term.negate() : term;
    }

    /** A mixed number (2\frac{1}{2}, 2 1/2) where one stands, else a power. */
    private Term mixedOrPower(int depth) throws NotComparable {
        boolean integerFirst = at < tokens.size()
                && tokens.get(at).kind() == Kind.NUMBER
                && !tokens.get(at).text().contains(".");
        if (!integerFirst) {
            return power(depth);
        }
        int start = at;
        Term whole = power(depth);
        if (!whole.isInteger() || at != start + 1 || at >= tokens.size()) {
            return whole;
        }
        Token next = tokens.get(at);
        boolean plainFraction = next.kind() == Kind.NUMBER
                && next.spaced()
                && at + 2 < tokens.size()
                && tokens.get(at + 1).isSymbol("/")
                && tokens.get(at + 2).kind() == Kind.NUMBER;
        if (plainFraction) {
            at += 3;
            Term part = number(next).dividedBy(number(tokens.get(at - 1)), work);
            return Term.finished(whole.value().plus(part.value(), work));
        }
        if (next.isCommand("frac")) {
            Term part = power(depth);
            boolean fraction = part.form() == Term.Form.FINISHED
                    && part.value().isRational()
                    && part.value().rational().signum() > 0;
            return fraction ? Term.finished(whole.value().plus(part.value(), work)) : whole.times(part, work);
        }
        return whole;
    }

    private Term power(int depth) throws NotComparable {
        work.enter(depth);
        Term base = primary(depth + 1);
        if (!peekSymbol("^")) {
            return base;
        }
        at++;
        boolean negative = sign();
        Term exponent = power(depth + 1);
        return base.power(negative ? exponent.negate() : exponent, work);
    }

    /** Whether what stands here is no digit of what stands before. */
    private boolean endsFactor() {
        return at > 0 && (tokens.get(at - 1).closes() || tokens.get(at - 1).isCommand("pi"));
    }

    private boolean startsFactor() {
        Token token = tokens.get(at);
        return switch (token.kind()) {
            case NUMBER, LETTERS -> true;
            case COMMAND ->
                token.isCommand("frac")
                        || token.isCommand("sqrt")
                        || token.isCommand("root")
                        || GREEK.contains(token.text());
            case SYMBOL -> token.isSymbol("(") || token.isSymbol("[") || token.isSymbol("{");
            case TEXT -> false;
        };
    }

    private Term primary(int depth) throws NotComparable {
        Token token = take();
        return switch (token.kind()) {
            case NUMBER -> number(token);
            case LETTERS -> letters(token);
            case SYMBOL -> group(token, depth);
            case TEXT -> throw NotComparable.syntax("text where a value was expected: " + token.text());
            case COMMAND -> command(token, depth);
        };
    }

    private Term command(Token token, int depth) throws NotComparable {
        return switch (token.text()) {
            case "frac" -> argument(depth).dividedBy(argument(depth), work);
            case "sqrt" -> {
                int degree = peekSymbol("[") ? degree(group(take(), depth)) : 2;
                yield argument(depth).root(degree, work);
            }
            case "root" -> primary(depth + 1).root(2, work);
            default -> greek(token);
        };
    }

    private Term greek(Token token) throws NotComparable {
        if (!GREEK.contains(token.text())) {
            throw NotComparable.syntax("unknown command \\" + token.text());
        }
        return Term.finished(Value.of(subscripted("\\" + token.text())));
    }

    private static int degree(Term term) throws NotComparable {
        if (!term.value().isRational()) {
            throw NotComparable.syntax("a root whose degree is no number");
        }
        return term.value().rational().toInt(Work.ROOT_MAX);
    }

    /** What a command applies to: a group, or else only one character, as in \frac12. */
    private Term argument(int depth) throws NotComparable {
        if (at >= tokens.size()) {
            throw NotComparable.syntax("an argument is missing");
        }
        Token token = tokens.get(at);
        boolean cut = (token.kind() == Kind.NUMBER || token.kind() == Kind.LETTERS)
                && token.text().length() > 1
                && !token.text().startsWith(".");
        if (!cut) {
            return primary(depth + 1);
        }
        Token first = new Token(token.kind(), token.text().substring(0, 1), token.spaced());
        tokens.set(at, new Token(token.kind(), token.text().substring(1), false));
        return first.kind() == Kind.NUMBER ? number(first) : Term.finished(Value.of(first.text()));
    }

    private Term group(Token open, int depth) throws NotComparable {
        String closing = CLOSING.get(open.text());
        if (closing == null) {
            throw NotComparable.syntax("unexpected '" + open.text() + "'");
        }
        work.enter(depth);
        Term inside = quotient(depth + 1);
        if (!take().isSymbol(closing)) {
            throw NotComparable.syntax("'" + open.text() + "' is not closed");
        }
        return inside;
    }

    private Term letters(Token token) throws NotComparable {
        String run = token.text();
        Integer scale = SCALES.get(run);
        if (scale != null) {
            return new Term(Value.of(Rational.of(10).power(scale)), Term.Form.POWER_OF_TEN);
        }
        if (run.length() > PRODUCT_LENGTH_MAX || FUNCTIONS.contains(run)) {
            throw NotComparable.syntax("a word: " + run);
        }
        if (run.length() > 1) {
            // An exponent or subscript belongs to the last letter only.
            tokens.set(at - 1, new Token(Kind.LETTERS, run.substring(1), false));
            at--;
            return Term.finished(Value.of(run.substring(0, 1)));
        }
        return Term.finished(Value.of(subscripted(run)));
    }

    /** A letter with its subscript, where it has one. */
    private String subscripted(String letter) throws NotComparable {
        if (!peekSymbol("_")) {
            return letter;
        }
        at++;
        Token subscript = take();
        if (subscript.isSymbol("{")) {
            subscript = take();
            if (!take().isSymbol("}")) {
                throw NotComparable.syntax("a long subscript");
            }
        }
        if (subscript.kind() == Kind.SYMBOL || subscript.kind() == Kind.COMMAND) {
            throw NotComparable.syntax("a subscript that is no name");
        }
        return letter + "_" + subscript.text();
    }

    private Term number(Token token) throws NotComparable {
        String digits = token.text();
        // Checked before converting: turning digits into binary is quadratic. A decimal digit has over three bits.
        if (digits.length() > Work.BITS_MAX / 3) {
            throw NotComparable.limit("a number of " + digits.length() + " digits");
        }
        work.spend(digits.length());
        if (peekSymbol("_")) {
            throw NotComparable.syntax("a number with a base");
        }
        BigDecimal decimal = new BigDecimal(digits);
        return Term.numeral(Rational.of(decimal.unscaledValue(), BigInteger.TEN.pow(decimal.scale())));
    }

    private Token take() throws NotComparable {
        if (at >= tokens.size()) {
            throw NotComparable.syntax("the text ends too early");
        }
        work.spend(1);
        return tokens.get(at++);
    }

    private boolean peekSymbol(String symbol) {
        return at < tokens.size() && tokens.get(at).isSymbol(symbol);
    }

    private boolean peekCommand(String name) {
        return at < tokens.size() && tokens.get(at).isCommand(name);
    }
}
