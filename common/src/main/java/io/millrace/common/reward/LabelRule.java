package io.millrace.common.reward;

import java.math.BigDecimal;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a reward makes of a prompt's label before it compares an answer with it. Scorers use it for every sample, the
 * producer before a prompt is published: a label that is refused would cost a group all its attempts.
 */
public enum LabelRule {
    /** Compares with none, and takes any. */
    NONE {
        @Override
        public String read(@Nullable String label) {
            return "";
        }
    },
    /** Any text of some pages. */
    TEXT {
        @Override
        public String read(@Nullable String label) throws LabelException {
            return required(label, TEXT_LENGTH_MAX);
        }
    },
    /** An answer, or a text whose last box is closed and has it. */
    ANSWER {
        @Override
        public String read(@Nullable String label) throws LabelException {
            String text = required(label, ANSWER_LENGTH_MAX);
            if (!text.contains("\\boxed")) {
                return text;
            }
            return BoxedAnswer.last(text)
                    .orElseThrow(() ->
                            LabelException.bad("it has a label with a \\boxed that is not closed: " + shortened(text)));
        }
    },
    /** A number, made an integer as slime writes it before comparing: fractions of a decimal are cut off. */
    NUMBER {
        @Override
        public String read(@Nullable String label) throws LabelException {
            String text = required(label, NUMBER_LENGTH_MAX);
            String normalized = MinervaNormalizer.normalize(text);
            if (!NUMERAL.matcher(normalized).matches()) {
                throw LabelException.bad("it needs a label that is a number, got: " + shortened(text));
            }
            BigDecimal number = new BigDecimal(normalized);
            if (number.signum() == 0) {
                return "0";
            }
            if (number.precision() - (long) number.scale() > EXPONENT_MAX + 1L) {
                throw LabelException.bad("it takes labels below 1e" + (EXPONENT_MAX + 1) + ", got: " + shortened(text));
            }
            return number.toBigInteger().toString();
        }
    };

    /** In characters. The longest answer of MATH-500 has 159; a label ten times that is a damaged data set. */
    public static final int ANSWER_LENGTH_MAX = 2000;

    private static final int TEXT_LENGTH_MAX = 100_000;

    /** They are integers; anything near this is something else. */
    private static final int NUMBER_LENGTH_MAX = 1000;

    /** The largest decimal exponent of a double: slime fails beyond it, and 1e999999999 must not be written out. */
    private static final int EXPONENT_MAX = 308;

    private static final Pattern NUMERAL =
            Pattern.compile("[+-]?(?:[0-9]{1,400}(?:\\.[0-9]{0,400})?|\\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,5})?");

    /** Of a label that is told to people. */
    private static final int SHOWN_LENGTH_MAX = 64;

    /**
     * @param label null where the prompt has none
     * @return what answers are compared with
     * @throws LabelException when no answer can be
     */
    public abstract String read(@Nullable String label) throws LabelException;

    private static String required(@Nullable String label, int lengthMax) throws LabelException {
        if (label == null || label.isBlank()) {
            throw LabelException.missing();
        }
        if (label.length() > lengthMax) {
            throw LabelException.bad(
                    "it has a label of " + label.length() + " characters, and takes at most " + lengthMax);
        }
        return label;
    }

    private static String shortened(String label) {
        return label.length() <= SHOWN_LENGTH_MAX ? label : label.substring(0, SHOWN_LENGTH_MAX) + "...";
    }
}
