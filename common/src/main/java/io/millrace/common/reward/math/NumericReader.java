package io.millrace.common.reward.math;

import io.millrace.common.reward.math.Token.Kind;
import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;

/**
 * Reads a value as a double, its letters being numbers that a seed gives them: for what {@link ScalarParser} has no exact
 * value for, such as functions, roots in roots and irrational exponents. Recursive descent; every descent is counted and its
 * depth limited by {@link Work}.
 */
final class NumericReader {
    private static final Map<String, DoubleUnaryOperator> FUNCTIONS = Map.ofEntries(
            Map.entry("sin", Math::sin),
            Map.entry("cos", Math::cos),
            Map.entry("tan", Math::tan),
            Map.entry("cot", x -> 1 / Math.tan(x)),
            Map.entry("sec", x -> 1 / Math.cos(x)),
            Map.entry("csc", x -> 1 / Math.sin(x)),
            Map.entry("arcsin", Math::asin),
            Map.entry("arccos", Math::acos),
            Map.entry("arctan", Math::atan),
            Map.entry("sinh", Math::sinh),
            Map.entry("cosh", Math::cosh),
            Map.entry("tanh", Math::tanh),
            Map.entry("exp", Math::exp),
            Map.entry("ln", Math::log),
            Map.entry("log", Math::log),
            Map.entry("lg", Math::log10));
    private static final Map<String, String> CLOSING = Map.of("(", ")", "[", "]", "{", "}", "|", "|");
    private static final Set<String> NO_VALUE = Set.of("infty", "in", "cup", "cap", "pm", "mp", "circ", "to", "over");
    private static final int FACTORIAL_MAX = 170;

    private final List<Token> tokens;
    private final Work work;
    private final int seed;
    private int at;

    private NumericReader(List<Token> tokens, int seed, Work work) {
        this.tokens = tokens;
        this.seed = seed;
        this.work = work;
    }

    /**
     * @param seed of the letters' values
     * @return the value; NaN where there is none
     * @throws NotComparable when it cannot be read
     */
    static double read(List<Token> tokens, int seed, Work work) throws NotComparable {
        NumericReader reader = new NumericReader(tokens, seed, work);
        double value = reader.quotient(0);
        if (reader.at < tokens.size()) {
            throw NotComparable.syntax(
                    "cannot read from '" + tokens.get(reader.at).text() + "' on");
        }
        return value;
    }

    private double quotient(int depth) throws NotComparable {
        double above = sum(depth);
        if (!peekCommand("over")) {
            return above;
        }
        at++;
        return above / sum(depth);
    }

    private double sum(int depth) throws NotComparable {
        work.enter(depth);
        double total = signed(depth);
        while (peek("+") || peek("-")) {
            total += signed(depth);
        }
        return total;
    }

    private double signed(int depth) throws NotComparable {
        boolean negative = false;
        while (peek("+") || peek("-")) {
            work.spend(1);
            negative ^= peek("-");
            at++;
        }
        double value = product(depth + 1);
        return negative ? -value : value;
    }

    private double product(int depth) throws NotComparable {
        work.enter(depth);
        double result = power(depth + 1);
        while (at < tokens.size()) {
            work.spend(1);
            if (peek("*") || peekCommand("times") || peekCommand("cdot")) {
                at++;
                result *= factor(depth);
            } else if (peek("/") || peekCommand("div")) {
                at++;
                result /= factor(depth);
            } else if (startsFactor()) {
                result *= power(depth + 1);
            } else {
                return result;
            }
        }
        return result;
    }

    private double factor(int depth) throws NotComparable {
        boolean negative = false;
        while (peek("+") || peek("-")) {
            work.spend(1);
            negative ^= peek("-");
            at++;
        }
        double value = power(depth + 1);
        return negative ? -value : value;
    }

    private boolean startsFactor() {
        Token token = tokens.get(at);
        return switch (token.kind()) {
            case LETTERS -> true;
            case COMMAND -> !token.closes() && !NO_VALUE.contains(token.text());
            case SYMBOL -> token.isSymbol("(") || token.isSymbol("[") || token.isSymbol("{");
            case NUMBER, TEXT -> false;
        };
    }

    private double power(int depth) throws NotComparable {
        work.enter(depth);
        double base = primary(depth + 1);
        while (peek("!")) {
            at++;
            base = factorial(base);
        }
        if (!peek("^")) {
            return base;
        }
        at++;
        return Math.pow(base, exponent(depth));
    }

    private double exponent(int depth) throws NotComparable {
        boolean negative = peek("-");
        at += negative || peek("+") ? 1 : 0;
        double value = power(depth + 1);
        return negative ? -value : value;
    }

    private double factorial(double of) throws NotComparable {
        if (of < 0 || of > FACTORIAL_MAX || of != Math.rint(of)) {
            throw NotComparable.undefined("a factorial of " + of);
        }
        double product = 1;
        for (int i = 2; i <= of; i++) {
            product *= i;
        }
        return product;
    }

    private double primary(int depth) throws NotComparable {
        Token token = take();
        return switch (token.kind()) {
            case NUMBER -> Double.parseDouble(token.text());
            case LETTERS -> letters(token, depth);
            case SYMBOL -> group(token, depth);
            case COMMAND -> command(token, depth);
            case TEXT -> named(token.text(), depth);
        };
    }

    private double command(Token token, int depth) throws NotComparable {
        return switch (token.text()) {
            case "frac" -> {
                double above = argument(depth);
                double below = argument(depth);
                yield above / below;
            }
            case "binom" -> binomial(argument(depth), argument(depth));
            case "sqrt", "root" -> {
                double degree = token.isCommand("sqrt") && peek("[") ? group(take(), depth) : 2;
                yield root(argument(depth), degree);
            }
            case "pi" -> peek("_") ? letter("pi") : Math.PI;
            default -> named(token.text(), depth);
        };
    }

    private double binomial(double from, double chosen) throws NotComparable {
        return factorial(from) / factorial(chosen) / factorial(from - chosen);
    }

    private static double root(double of, double degree) {
        boolean odd = degree % 2 == 1;
        return of < 0 && odd ? -Math.pow(-of, 1 / degree) : Math.pow(of, 1 / degree);
    }

    /** A function, or a letter of several letters. */
    private double named(String name, int depth) throws NotComparable {
        DoubleUnaryOperator function = FUNCTIONS.get(name);
        if (function == null) {
            if (name.isEmpty() || NO_VALUE.contains(name) || CLOSING.containsKey(name)) {
                throw NotComparable.syntax("no value: " + name);
            }
            return name.equals("e") ? Math.E : letter(name);
        }
        work.enter(depth);
        double base = 0;
        if (peek("_")) {
            at++;
            base = argument(depth);
        }
        double power = 1;
        if (peek("^")) {
            at++;
            power = exponent(depth);
        }
        double value = function.applyAsDouble(applied(depth));
        value = base == 0 ? value : value / Math.log(base);
        // The other meaning of such an exponent.
        return power == -1 ? Double.NaN : Math.pow(value, power);
    }

    /** What a function applies to: a group, or the product that follows. */
    private double applied(int depth) throws NotComparable {
        if (peek("(") || peek("{") || peek("[")) {
            return power(depth + 1);
        }
        double value = power(depth + 1);
        while (at < tokens.size()
                && startsFactor()
                && !FUNCTIONS.containsKey(tokens.get(at).text())
                && tokens.get(at).kind() != Kind.SYMBOL) {
            value *= power(depth + 1);
        }
        return value;
    }

    private double argument(int depth) throws NotComparable {
        work.enter(depth);
        if (at < tokens.size()
                && tokens.get(at).kind() == Kind.NUMBER
                && tokens.get(at).text().length() > 1) {
            throw NotComparable.syntax("which digit is the argument is not said");
        }
        return primary(depth + 1);
    }

    private double group(Token open, int depth) throws NotComparable {
        String closing = CLOSING.get(open.text());
        if (closing == null) {
            throw NotComparable.syntax("unexpected '" + open.text() + "'");
        }
        work.enter(depth);
        double inside = quotient(depth + 1);
        if (!take().isSymbol(closing)) {
            throw NotComparable.syntax("'" + open.text() + "' is not closed");
        }
        return open.isSymbol("|") ? Math.abs(inside) : inside;
    }

    /** Letters that are no function are a product. */
    private double letters(Token token, int depth) throws NotComparable {
        String run = token.text();
        if (FUNCTIONS.containsKey(run)) {
            return named(run, depth);
        }
        if (run.length() > ScalarParser.PRODUCT_LENGTH_MAX) {
            throw NotComparable.syntax("a word: " + run);
        }
        double product = 1;
        for (int i = 0; i < run.length(); i++) {
            work.spend(1);
            String one = run.substring(i, i + 1);
            boolean last = i == run.length() - 1;
            double value = one.equals("e") && !(last && peek("_")) ? Math.E : last ? letter(one) : plain(one);
            // An exponent belongs to the last letter alone.
            if (last && peek("^")) {
                at++;
                value = Math.pow(value, exponent(depth));
            }
            product *= value;
        }
        return product;
    }

    private double letter(String name) throws NotComparable {
        return plain(peek("_") ? name + subscript() : name);
    }

    /** Whatever it is, it is a part of the name. */
    private String subscript() throws NotComparable {
        int start = ++at;
        int depth = 0;
        do {
            Token token = take();
            depth += token.opens() ? 1 : token.closes() ? -1 : 0;
        } while (depth > 0);
        return "_" + Token.folded(tokens.subList(start, at)).replace("{ ", "").replace(" }", "");
    }

    /** Between 0.4 and 1.4, or less than 0 by as much, since the root of a square is no letter. */
    private double plain(String name) {
        long mixed = (name.hashCode() * 31L + seed) * 0x9E3779B97F4A7C15L;
        double size = 0.4 + (mixed >>> 11) * 0x1.0p-53;
        return seed % 2 == 1 ? -size : size;
    }

    private Token take() throws NotComparable {
        if (at >= tokens.size()) {
            throw NotComparable.syntax("the text ends too early");
        }
        work.spend(1);
        return tokens.get(at++);
    }

    private boolean peek(String symbol) {
        return at < tokens.size() && tokens.get(at).isSymbol(symbol);
    }

    private boolean peekCommand(String name) {
        return at < tokens.size() && tokens.get(at).isCommand(name);
    }
}
