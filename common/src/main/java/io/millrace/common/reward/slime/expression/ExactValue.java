package io.millrace.common.reward.slime.expression;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Rational;
import io.millrace.common.reward.math.value.Work;
import java.math.BigInteger;
import java.util.Optional;

/** An expression of numbers alone, computed as sympy does: fractions exactly, what has a point in it as floats. */
sealed interface ExactValue {
    /** A fraction. */
    record Fraction(Rational value) implements ExactValue {}

    /** A number that is rounded. */
    record Rounded(BinaryFloat value) implements ExactValue {}

    int FACTORIAL_MAX = 1000;

    /** Empty when it has letters, roots or what else is no such number. */
    static Optional<ExactValue> of(Expression expression, Work work) throws NotComparable {
        work.spend(1);
        return switch (expression) {
            case Expression.Whole whole -> Optional.of(new Fraction(whole.value()));
            case Expression.Decimal decimal ->
                Optional.of(new Rounded(BinaryFloat.of(decimal.exact(), BinaryFloat.precision(decimal.digits()))));
            case Expression.Negative negative -> of(negative.of(), work).map(ExactValue::negate);
            case Expression.Chain chain -> {
                Optional<ExactValue> value = of(chain.first(), work);
                for (Expression.Step step : chain.rest()) {
                    Optional<ExactValue> right = value.isEmpty() ? value : of(step.operand(), work);
                    if (right.isEmpty()) {
                        yield right;
                    }
                    value = computed(step.operator(), value.orElseThrow(), right.get(), work);
                }
                yield value;
            }
            case Expression.Call call -> {
                Optional<ExactValue> argument = of(call.argument(), work);
                yield argument.isEmpty() ? Optional.empty() : applied(call.function(), argument.get(), work);
            }
            case Expression.Letter letter -> Optional.empty();
            case Expression.Pi pi -> Optional.empty();
            case Expression.ImaginaryUnit unit -> Optional.empty();
        };
    }

    /** Whether it is 0. */
    default boolean isZero() {
        return switch (this) {
            case Fraction fraction -> fraction.value().signum() == 0;
            case Rounded rounded -> rounded.value().isZero();
        };
    }

    /** The value, in full. */
    default Rational exact() throws NotComparable {
        return switch (this) {
            case Fraction fraction -> fraction.value();
            case Rounded rounded -> rounded.value().exact();
        };
    }

    private ExactValue negate() {
        return switch (this) {
            case Fraction fraction -> new Fraction(fraction.value().negate());
            case Rounded rounded -> new Rounded(rounded.value().negate());
        };
    }

    private BinaryFloat rounded(int precision) throws NotComparable {
        return switch (this) {
            case Fraction fraction -> BinaryFloat.of(fraction.value(), precision);
            case Rounded rounded -> rounded.value();
        };
    }

    private static Optional<ExactValue> computed(
            Expression.Operator operator, ExactValue left, ExactValue right, Work work) throws NotComparable {
        if (left instanceof Fraction over && right instanceof Fraction under) {
            work.spend(over.value());
            work.spend(under.value());
            return ofFractions(operator, over.value(), under.value());
        }
        boolean product = operator == Expression.Operator.TIMES || operator == Expression.Operator.OVER;
        if (product && left instanceof Fraction zero && zero.isZero()) {
            return Optional.of(zero);
        }
        int precision = Math.max(precision(left), precision(right));
        BinaryFloat first = left.rounded(precision);
        BinaryFloat second = right.rounded(precision);
        return switch (operator) {
            case PLUS -> Optional.of(new Rounded(first.plus(second)));
            case MINUS -> Optional.of(new Rounded(first.plus(second.negate())));
            case TIMES -> Optional.of(new Rounded(first.times(second)));
            case OVER -> Optional.of(new Rounded(quotient(left, first, second)));
            case FLOOR -> ofFractions(operator, left.exact(), right.exact());
            case POWER -> power(left, right, precision, work);
        };
    }

    /** sympy divides a fraction by a float as it multiplies with its reciprocal: rounded twice. */
    private static BinaryFloat quotient(ExactValue left, BinaryFloat over, BinaryFloat under) throws NotComparable {
        return left instanceof Fraction
                ? BinaryFloat.of(Rational.ONE, under.precision())
                        .dividedBy(under)
                        .times(over)
                : over.dividedBy(under);
    }

    private static int precision(ExactValue value) {
        return value instanceof Rounded rounded ? rounded.value().precision() : 0;
    }

    private static Optional<ExactValue> ofFractions(Expression.Operator operator, Rational left, Rational right)
            throws NotComparable {
        return switch (operator) {
            case PLUS -> Optional.of(new Fraction(left.plus(right)));
            case MINUS -> Optional.of(new Fraction(left.plus(right.negate())));
            case TIMES -> Optional.of(new Fraction(left.times(right)));
            case OVER -> Optional.of(new Fraction(left.dividedBy(right)));
            case FLOOR ->
                Optional.of(new Fraction(Rational.of(left.dividedBy(right).floor(), BigInteger.ONE)));
            case POWER ->
                right.isInteger()
                        ? Optional.of(new Fraction(left.power(right.toInt(Work.BITS_MAX))))
                        : Optional.empty();
        };
    }

    private static Optional<ExactValue> power(ExactValue base, ExactValue exponent, int precision, Work work)
            throws NotComparable {
        if (exponent instanceof Fraction fraction && fraction.value().isInteger()) {
            return Optional.of(
                    new Rounded(base.rounded(precision).power(fraction.value().toInt(Work.BITS_MAX))));
        }
        Complex power = NumericValue.of(base.exact()).power(NumericValue.of(exponent.exact()), work);
        return rounded(power, precision);
    }

    private static Optional<ExactValue> rounded(Complex value, int precision) throws NotComparable {
        if (value.im().signum() != 0 || Math.abs((long) value.re().scale()) > Work.BITS_MAX / 4) {
            return Optional.empty();
        }
        BigInteger power = BigInteger.TEN.pow(Math.abs(value.re().scale()));
        Rational exact = value.re().scale() > 0
                ? Rational.of(value.re().unscaledValue(), power)
                : Rational.of(value.re().unscaledValue().multiply(power), BigInteger.ONE);
        return Optional.of(new Rounded(BinaryFloat.of(exact, precision)));
    }

    private static Optional<ExactValue> applied(Expression.Function function, ExactValue argument, Work work)
            throws NotComparable {
        if (argument instanceof Rounded) {
            return function == Expression.Function.ROOT
                    ? power(
                            argument,
                            new Fraction(Rational.of(BigInteger.ONE, BigInteger.TWO)),
                            precision(argument),
                            work)
                    : Optional.empty();
        }
        Rational value = ((Fraction) argument).value();
        return switch (function) {
            case ROOT -> root(value);
            case FACTORIAL, DOUBLE_FACTORIAL ->
                factorial(value, function == Expression.Function.FACTORIAL ? 1 : 2, work);
            case REAL_PART -> Optional.of(argument);
            case IMAGINARY_PART -> Optional.of(new Fraction(Rational.ZERO));
            case FRACTIONAL_PART ->
                Optional.of(new Fraction(
                        value.plus(Rational.of(value.floor(), BigInteger.ONE).negate())));
            case LOGARITHM -> Optional.empty();
        };
    }

    private static Optional<ExactValue> root(Rational value) throws NotComparable {
        if (value.signum() < 0) {
            return Optional.empty();
        }
        BigInteger over = value.numerator().sqrt();
        BigInteger under = value.denominator().sqrt();
        boolean whole = over.multiply(over).equals(value.numerator())
                && under.multiply(under).equals(value.denominator());
        return whole ? Optional.of(new Fraction(Rational.of(over, under))) : Optional.empty();
    }

    private static Optional<ExactValue> factorial(Rational value, int step, Work work) throws NotComparable {
        if (!value.isInteger()) {
            return Optional.empty();
        }
        if (value.signum() < 0) {
            throw NotComparable.undefined("the factorial of a negative number");
        }
        BigInteger product = BigInteger.ONE;
        for (int n = value.toInt(FACTORIAL_MAX); n > 1; n -= step) {
            work.spend(5);
            product = product.multiply(BigInteger.valueOf(n));
        }
        return Optional.of(new Fraction(Rational.of(product, BigInteger.ONE)));
    }
}
