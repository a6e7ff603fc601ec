package io.millrace.common.reward.slime.expression;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Rational;
import io.millrace.common.reward.math.value.Work;
import io.millrace.common.reward.slime.expression.Expression.Function;
import io.millrace.common.reward.slime.expression.Expression.Operator;
import io.millrace.common.reward.slime.expression.Expression.Step;
import io.millrace.common.reward.slime.expression.PythonTokens.Token;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads an expression as sympy's parser does with implicit multiplication: names are cut into letters (sqrt2 is s q r t 2),
 * what stands side by side is multiplied with no more binding than a written *, so that 1/2x is x/2. Python's operators,
 * factorials, and the functions that a text of few letters can name; anything else is an error, as it is there or when
 * the parts are subtracted. Not thread-safe: one per text.
 */
final class ExpressionReader {
    private static final Map<String, Function> FUNCTIONS = Map.of(
            "sqrt", Function.ROOT,
            "ln", Function.LOGARITHM,
            "re", Function.REAL_PART,
            "im", Function.IMAGINARY_PART,
            "frac", Function.FRACTIONAL_PART);

    /** Python's keywords, sympy's other functions, infinity and its kin: of no value here. */
    private static final Set<String> REFUSED = Set.of(
            "is", "if", "in", "or", "as", "nan", "oo", "zoo", "gff", "rf", "ff", "csc", "li", "jn", "yn", "hn1", "hn2",
            "fft", "ntt", "fu", "eye");

    /** Names of Greek letters stay whole. */
    private static final Set<String> WHOLE = Set.of("mu", "nu", "xi");

    private static final int DIGITS_MAX = 2000;
    private static final int EXPONENT_MAX = 2000;

    /** An operand, a function's name, or a sign. */
    private record Item(
            @Nullable Expression operand, @Nullable Function function, String sign) {
        static Item of(Expression operand) {
            return new Item(operand, null, "");
        }

        static Item of(String sign) {
            return new Item(null, null, sign);
        }
    }

    private final List<Item> items;
    private final Work work;
    private int next;

    private ExpressionReader(List<Item> items, Work work) {
        this.items = items;
        this.work = work;
    }

    static Expression read(String text, Work work) throws NotComparable {
        List<Token> tokens = PythonTokens.of(text);
        work.spend(tokens.size());
        ExpressionReader reader = new ExpressionReader(multiplied(items(tokens)), work);
        Expression expression = reader.sum(0);
        if (reader.next < reader.items.size()) {
            throw NotComparable.syntax("more than one expression");
        }
        return expression;
    }

    private static List<Item> items(List<Token> tokens) throws NotComparable {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            switch (token.kind()) {
                case NUMBER -> items.add(Item.of(number(token.text())));
                case NAME -> {
                    boolean factorial =
                            i + 1 < tokens.size() && tokens.get(i + 1).isSign("!");
                    addName(items, token.text(), factorial);
                }
                case SIGN, LINE_END -> items.add(Item.of(token.text()));
            }
        }
        return items;
    }

    /** @param whole whether its letters are one operand, as before a factorial */
    private static void addName(List<Item> items, String name, boolean whole) throws NotComparable {
        if (REFUSED.contains(name)) {
            throw NotComparable.syntax("no value: " + name);
        }
        Function function = FUNCTIONS.get(name);
        if (function != null) {
            items.add(new Item(null, function, ""));
            return;
        }
        if (name.equals("pi")) {
            items.add(Item.of(new Expression.Pi()));
            return;
        }
        if (WHOLE.contains(name) || name.contains("_") || name.codePointCount(0, name.length()) == 1) {
            items.add(Item.of(new Expression.Letter(name)));
            return;
        }
        List<Expression> letters = letters(name);
        if (!whole) {
            letters.forEach(letter -> items.add(Item.of(letter)));
            return;
        }
        List<Step> rest = letters.subList(1, letters.size()).stream()
                .map(letter -> new Step(Operator.TIMES, letter))
                .toList();
        items.add(Item.of(Expression.of(letters.getFirst(), rest)));
    }

    private static List<Expression> letters(String name) throws NotComparable {
        List<Expression> letters = new ArrayList<>();
        int at = 0;
        while (at < name.length()) {
            int point = name.codePointAt(at);
            int end = at + Character.charCount(point);
            if (Character.isLetter(point)) {
                letters.add(new Expression.Letter(Character.toString(point)));
            } else {
                while (end < name.length() && isDigit(name.charAt(end))) {
                    end++;
                }
                letters.add(new Expression.Whole(whole(name.substring(at, end), 10)));
            }
            at = end;
        }
        return letters;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static Expression number(String text) throws NotComparable {
        String digits = text.replace("_", "");
        if (digits.length() > 2 && Character.isLetter(digits.charAt(1)) && digits.charAt(0) == '0') {
            int base = switch (digits.charAt(1)) {
                case 'x', 'X' -> 16;
                case 'b', 'B' -> 2;
                case 'o', 'O' -> 8;
                default -> 10;
            };
            if (base != 10) {
                return new Expression.Whole(whole(digits.substring(2), base));
            }
        }
        if (digits.endsWith("j") || digits.endsWith("J")) {
            Expression size = number(digits.substring(0, digits.length() - 1));
            return Expression.of(size, Operator.TIMES, new Expression.ImaginaryUnit());
        }
        if (digits.contains(".") || digits.contains("e") || digits.contains("E")) {
            return decimal(digits);
        }
        return new Expression.Whole(whole(digits, 10));
    }

    private static Rational whole(String digits, int base) throws NotComparable {
        if (digits.length() > DIGITS_MAX) {
            throw NotComparable.limit("a number of more than " + DIGITS_MAX + " digits");
        }
        try {
            return Rational.of(new BigInteger(digits, base), BigInteger.ONE);
        } catch (NumberFormatException e) {
            throw NotComparable.syntax("no number: " + digits);
        }
    }

    private static Expression decimal(String digits) throws NotComparable {
        BigDecimal value;
        try {
            value = new BigDecimal(digits);
        } catch (NumberFormatException e) {
            throw NotComparable.limit("an exponent of more than " + EXPONENT_MAX);
        }
        if (Math.abs((long) value.scale()) > EXPONENT_MAX) {
            throw NotComparable.limit("an exponent of more than " + EXPONENT_MAX);
        }
        BigInteger power = BigInteger.TEN.pow(Math.abs(value.scale()));
        Rational exact = value.scale() > 0
                ? Rational.of(value.unscaledValue(), power)
                : Rational.of(value.unscaledValue().multiply(power), BigInteger.ONE);
        return new Expression.Decimal(exact, value.precision());
    }

    /** With a sign of multiplication wherever sympy puts one. */
    private static List<Item> multiplied(List<Item> items) {
        List<Item> out = new ArrayList<>();
        for (Item item : items) {
            Item last = out.isEmpty() ? Item.of("") : out.getLast();
            boolean ends = last.operand() != null
                    || last.sign().equals(")")
                    || last.sign().equals("!");
            boolean begins = item.operand() != null
                    || item.function() != null
                    || item.sign().equals("(");
            if (ends && begins) {
                out.add(Item.of("*"));
            }
            out.add(item);
        }
        return out;
    }

    private boolean takes(String sign) {
        while (next < items.size() && items.get(next).sign().equals("\n")) {
            next++;
        }
        if (next < items.size() && items.get(next).sign().equals(sign)) {
            next++;
            return true;
        }
        return false;
    }

    private Expression sum(int depth) throws NotComparable {
        work.enter(depth);
        Expression first = product(depth);
        List<Step> rest = new ArrayList<>();
        while (true) {
            if (takes("+")) {
                rest.add(new Step(Operator.PLUS, product(depth)));
            } else if (takes("-")) {
                rest.add(new Step(Operator.MINUS, product(depth)));
            } else {
                return Expression.of(first, rest);
            }
        }
    }

    private Expression product(int depth) throws NotComparable {
        Expression first = signed(depth);
        List<Step> rest = new ArrayList<>();
        while (true) {
            if (takes("*")) {
                rest.add(new Step(Operator.TIMES, signed(depth)));
            } else if (takes("//")) {
                rest.add(new Step(Operator.FLOOR, signed(depth)));
            } else if (takes("/")) {
                rest.add(new Step(Operator.OVER, signed(depth)));
            } else {
                return Expression.of(first, rest);
            }
        }
    }

    private Expression signed(int depth) throws NotComparable {
        work.enter(depth);
        if (takes("-")) {
            return new Expression.Negative(signed(depth + 1));
        }
        if (takes("+")) {
            return signed(depth + 1);
        }
        Expression base = primary(depth);
        return takes("**") ? Expression.of(base, Operator.POWER, signed(depth + 1)) : base;
    }

    private Expression primary(int depth) throws NotComparable {
        Expression value = unit(depth);
        if (!takes("!")) {
            return value;
        }
        boolean twice = takes("!");
        if (twice && takes("!")) {
            throw NotComparable.syntax("three factorials");
        }
        return new Expression.Call(twice ? Function.DOUBLE_FACTORIAL : Function.FACTORIAL, value);
    }

    private Expression unit(int depth) throws NotComparable {
        if (takes("(")) {
            return closed(depth);
        }
        if (next >= items.size()) {
            throw NotComparable.syntax("an expression that is not over");
        }
        Item item = items.get(next);
        next++;
        if (item.operand() != null) {
            return item.operand();
        }
        if (item.function() == null || !takes("(")) {
            throw NotComparable.syntax("no operand");
        }
        return new Expression.Call(item.function(), closed(depth));
    }

    private Expression closed(int depth) throws NotComparable {
        Expression inner = sum(depth + 1);
        if (!takes(")")) {
            throw NotComparable.syntax("a bracket that is not closed");
        }
        return inner;
    }
}
