package io.millrace.common.chat.value;

import io.millrace.common.chat.syntax.Marker;
import io.millrace.common.chat.syntax.TemplateException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Values as Python prints them: {@code str} and {@code repr}. Stateless. */
public final class Printing {
    private Printing() {}

    /** As an output puts it out. */
    public static String text(Object value) {
        return switch (value) {
            case String text -> text;
            case Undefined undefined -> "";
            default -> repr(value);
        };
    }

    static String repr(Object value) {
        return switch (value) {
            case String text -> quoted(text);
            case Boolean truth -> truth ? "True" : "False";
            case Long number -> number.toString();
            case BigInteger number -> number.toString();
            case Double number -> real(number);
            case Marker none -> "None";
            case Undefined undefined -> "Undefined";
            case Tuple tuple -> "(" + joined(tuple) + (tuple.size() == 1 ? ",)" : ")");
            case List<?> items -> "[" + joined(items) + "]";
            case Map<?, ?> fields -> {
                StringBuilder text = new StringBuilder("{");
                Iterator<? extends Map.Entry<?, ?>> entries = fields.entrySet().iterator();
                while (entries.hasNext()) {
                    Map.Entry<?, ?> entry = entries.next();
                    text.append(repr(entry.getKey())).append(": ").append(repr(entry.getValue()));
                    text.append(entries.hasNext() ? ", " : "");
                }
                yield text.append('}').toString();
            }
            default -> throw new TemplateException(Values.type(value) + " has no text");
        };
    }

    private static String joined(List<?> items) {
        return String.join(", ", items.stream().map(Printing::repr).toList());
    }

    /** The fewest digits that tell it from its neighbours; an exponent below 1e-4 and from 1e16 on. */
    public static String real(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        // Java writes two digits where one would do, of the least number of all.
        BigDecimal digit = shortest.round(new MathContext(1));
        shortest = digit.doubleValue() == value ? digit : shortest;
        String sign = value < 0 || (value == 0 && 1 / value < 0) ? "-" : "";
        if (value == 0) {
            return sign + "0.0";
        }
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = shortest.toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        String digits = shortest.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }

    private static String quoted(String text) {
        char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
        StringBuilder quoted = new StringBuilder().append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (c == quote) {
                        quoted.append('\\').append(quote);
                    } else if (isPrintable(c)) {
                        quoted.appendCodePoint(c);
                    } else {
                        quoted.append(
                                c < 0x100
                                        ? String.format("\\x%02x", c)
                                        : c < 0x10000 ? String.format("\\u%04x", c) : String.format("\\U%08x", c));
                    }
                }
            }
        });
        return quoted.append(quote).toString();
    }

    private static boolean isPrintable(int c) {
        return c == ' '
                || switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SPACE_SEPARATOR -> false;
                    default -> true;
                };
    }
}
