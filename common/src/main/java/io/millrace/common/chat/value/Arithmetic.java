package io.millrace.common.chat.value;

import io.millrace.common.chat.syntax.TemplateException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** What Python's operators come to. Stateless. */
public final class Arithmetic {
    /** A text or list that a template makes by repeating, far above any use. */
    private static final long REPEATED_MAX = 1 << 20;

    private Arithmetic() {}

    public static Object binary(String operator, Object left, Object right) {
        if (Values.isNumber(left) && Values.isNumber(right)) {
            return left instanceof Double || right instanceof Double || operator.equals("/")
                    ? real(operator, Values.real(left), Values.real(right))
                    : whole(operator, Values.big(left), Values.big(right));
        }
        if (operator.equals("+") && left instanceof String a && right instanceof String b) {
            return a + b;
        }
        if (operator.equals("+")
                && left instanceof List<?> a
                && right instanceof List<?> b
                && (left instanceof Tuple) == (right instanceof Tuple)) {
            List<Object> all = new ArrayList<>(a);
            all.addAll(b);
            return left instanceof Tuple ? new Tuple(all) : all;
        }
        if (operator.equals("*") && (left instanceof String || left instanceof List<?>) && Values.isWhole(right)) {
            return repeated(left, right);
        }
        if (operator.equals("*") && (right instanceof String || right instanceof List<?>) && Values.isWhole(left)) {
            return repeated(right, left);
        }
        if (operator.equals("%") && left instanceof String) {
            throw new TemplateException("texts formatted by the percent sign are not rendered here");
        }
        throw Values.undefinedOr(left, right, "cannot be taken together by " + operator);
    }

    private static Object repeated(Object value, Object times) {
        BigInteger asked = Values.big(times).max(BigInteger.ZERO);
        BigInteger size = asked.multiply(BigInteger.valueOf(Math.max(1, Values.length(value))));
        if (size.compareTo(BigInteger.valueOf(REPEATED_MAX)) > 0) {
            throw new TemplateException("something of more than " + REPEATED_MAX + " by repetition");
        }
        long count = asked.longValue();
        if (value instanceof String text) {
            return text.repeat((int) count);
        }
        List<Object> all = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            all.addAll((List<?>) value);
        }
        return all;
    }

    private static Object whole(String operator, BigInteger left, BigInteger right) {
        return Values.whole(
                switch (operator) {
                    case "+" -> left.add(right);
                    case "-" -> left.subtract(right);
                    case "*" -> left.multiply(right);
                    case "//" -> floorDivided(left, right)[0];
                    case "%" -> floorDivided(left, right)[1];
                    default -> throw new IllegalArgumentException(operator);
                });
    }

    private static BigInteger[] floorDivided(BigInteger left, BigInteger right) {
        if (right.signum() == 0) {
            throw new TemplateException("a division by zero");
        }
        BigInteger[] both = left.divideAndRemainder(right);
        return both[1].signum() != 0 && both[1].signum() != right.signum()
                ? new BigInteger[] {both[0].subtract(BigInteger.ONE), both[1].add(right)}
                : both;
    }

    private static Object real(String operator, double left, double right) {
        if (right == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
            throw new TemplateException("a division by zero");
        }
        return switch (operator) {
            case "+" -> left + right;
            case "-" -> left - right;
            case "*" -> left * right;
            case "/" -> left / right;
            case "//" -> Math.floor(left / right);
            case "%" -> left - right * Math.floor(left / right);
            default -> throw new IllegalArgumentException(operator);
        };
    }

    public static Object negated(Object value) {
        if (value instanceof Double number) {
            return -number;
        }
        if (Values.isNumber(value)) {
            return Values.whole(Values.big(value).negate());
        }
        throw Values.undefinedOr(value, value, "cannot be negated");
    }
}
