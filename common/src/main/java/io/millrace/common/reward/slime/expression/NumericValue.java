package io.millrace.common.reward.slime.expression;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Rational;
import io.millrace.common.reward.math.value.Work;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The value of an expression at one place: each letter is a complex number drawn from its name and the round. What is zero
 * at several places whose angles differ is zero for all letters, as sympy means it. Not thread-safe: one per round.
 */
final class NumericValue {
    /** A number with a point is not the fraction that it equals once it is an exponent: sympy leaves both as they are. */
    private static final BigDecimal NOT_THE_FRACTION = new BigDecimal("1.00000000000000000001");

    private static final MathContext HASHED_DIGITS = new MathContext(30);

    private final long round;
    private final Work work;
    private BigDecimal largest = BigDecimal.ZERO;
    private boolean letters;

    NumericValue(long round, Work work) {
        this.round = round;
        this.work = work;
    }

    /** Of all that was computed, the size of the largest. */
    BigDecimal largest() {
        return largest;
    }

    boolean hasLetters() {
        return letters;
    }

    static Complex of(Rational value) {
        return Complex.of(
                new BigDecimal(value.numerator()).divide(new BigDecimal(value.denominator()), Complex.DIGITS));
    }

    /** @param exponent whether it stands in an exponent */
    Complex of(Expression expression, boolean exponent) throws NotComparable {
        work.spend(10);
        Complex value = switch (expression) {
            case Expression.Whole whole -> of(whole.value());
            case Expression.Decimal decimal -> {
                Complex exact = of(decimal.exact());
                yield exponent ? exact.times(Complex.of(NOT_THE_FRACTION)) : exact;
            }
            case Expression.Letter letter -> {
                letters = true;
                yield drawn(letter.name());
            }
            case Expression.Pi pi -> Complex.of(Transcendental.PI);
            case Expression.ImaginaryUnit unit -> new Complex(BigDecimal.ZERO, BigDecimal.ONE);
            case Expression.Negative negative -> of(negative.of(), exponent).negate();
            case Expression.Chain chain -> chain(chain, exponent);
            case Expression.Call call -> call(call, exponent);
        };
        largest = largest.max(value.size());
        return value;
    }

    private Complex chain(Expression.Chain chain, boolean exponent) throws NotComparable {
        Complex value = of(chain.first(), exponent);
        for (Expression.Step step : chain.rest()) {
            Complex right = of(step.operand(), exponent || step.operator() == Expression.Operator.POWER);
            value = switch (step.operator()) {
                case PLUS -> value.plus(right);
                case MINUS -> value.plus(right.negate());
                case TIMES -> value.times(right);
                case OVER -> value.dividedBy(right);
                case FLOOR -> throw NotComparable.syntax("a whole quotient of what is not rational");
                case POWER -> value.power(right, work);
            };
            largest = largest.max(value.size());
        }
        return value;
    }

    private Complex call(Expression.Call call, boolean exponent) throws NotComparable {
        Complex argument = of(call.argument(), exponent);
        return switch (call.function()) {
            case ROOT -> argument.root(work);
            case LOGARITHM -> Transcendental.logarithm(argument, work);
            case REAL_PART -> Complex.of(argument.re());
            case IMAGINARY_PART -> Complex.of(argument.im());
            case FRACTIONAL_PART, FACTORIAL, DOUBLE_FACTORIAL -> {
                Optional<ExactValue> exact = ExactValue.of(call, work);
                yield exact.isPresent()
                        ? of(exact.get().exact())
                        : drawn(call.function() + rounded(argument.re()) + rounded(argument.im()));
            }
        };
    }

    /** The same for numbers that differ by an error of computing only. */
    private static String rounded(BigDecimal part) {
        return part.round(HASHED_DIGITS).stripTrailingZeros().toString();
    }

    /** In the second quarter first, then in the third: there roots of squares and of products show. */
    private Complex drawn(String name) {
        SplittableRandom random = new SplittableRandom(31 * round + name.hashCode());
        BigDecimal re = BigDecimal.valueOf(random.nextDouble(0.3, 1.7));
        BigDecimal im = BigDecimal.valueOf(random.nextDouble(0.3, 1.7));
        return new Complex(round == 2 ? re : re.negate(), round == 1 ? im.negate() : im);
    }
}
