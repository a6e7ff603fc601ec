package io.millrace.common.reward.slime.expression;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Work;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Whether sympy would simplify an expression to 0. Numbers alone are computed as sympy does; what has roots, letters or
 * functions is 0 when it is at every place where it is tried, to 60 digits.
 */
public final class Difference {
    /** slime lets no text be computed that has more letters, nor powers that could take for ever. */
    private static final int LETTERS_MAX = 2;

    private static final Pattern LARGE_POWER = Pattern.compile("\\^\\{|\\^\\(|\\^[0-9]+\\^|\\^[0-9][0-9]+");
    private static final int ROUNDS = 3;
    private static final BigDecimal ERROR = new BigDecimal("1e-60");
    private static final BigDecimal SIZE_MAX = new BigDecimal("1e50");

    private Difference() {}

    /** @throws NotComparable with {@link NotComparable.Reason#LIMIT} when it takes more than the work */
    public static boolean isZero(String text, Work work) throws NotComparable {
        if (!mayBeComputed(text)) {
            return false;
        }
        try {
            return isZero(ExpressionReader.read(text.replace("^", "**"), work), work);
        } catch (NotComparable e) {
            if (e.reason() == NotComparable.Reason.LIMIT) {
                throw e;
            }
            return false;
        }
    }

    static boolean mayBeComputed(String text) {
        Set<Integer> letters = text.replace("sqrt", "")
                .replace("frac", "")
                .codePoints()
                .filter(Character::isLetter)
                .boxed()
                .collect(Collectors.toSet());
        return letters.size() <= LETTERS_MAX && !LARGE_POWER.matcher(text).find();
    }

    private static boolean isZero(Expression expression, Work work) throws NotComparable {
        Optional<ExactValue> exact = ExactValue.of(expression, work);
        if (exact.isPresent()) {
            return exact.get().isZero();
        }
        for (int round = 0; round < ROUNDS; round++) {
            NumericValue place = new NumericValue(round, work);
            Complex value = place.of(expression, false);
            boolean zero = place.largest().compareTo(SIZE_MAX) < 0
                    && value.size().compareTo(place.largest().multiply(ERROR)) <= 0;
            if (!zero) {
                return false;
            }
            if (!place.hasLetters()) {
                return true;
            }
        }
        return true;
    }
}
