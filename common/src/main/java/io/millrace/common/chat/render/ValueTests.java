package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.Marker;
import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Arithmetic;
import io.millrace.common.chat.value.Callable;
import io.millrace.common.chat.value.Printing;
import io.millrace.common.chat.value.Undefined;
import io.millrace.common.chat.value.Values;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Jinja's tests, which stand behind {@code is}. Stateless. */
final class ValueTests {
    private static final Set<String> WITH_ARGUMENT = Set.of(
            "divisibleby",
            "eq",
            "equalto",
            "==",
            "ne",
            "!=",
            "lt",
            "lessthan",
            "<",
            "le",
            "<=",
            "gt",
            "greaterthan",
            ">",
            "ge",
            ">=",
            "in",
            "sameas");
    private static final Set<String> PLAIN = Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "number",
            "integer",
            "float",
            "boolean",
            "mapping",
            "sequence",
            "iterable",
            "true",
            "false",
            "odd",
            "even",
            "callable",
            "lower",
            "upper");

    private ValueTests() {}

    static boolean isKnown(String name) {
        return PLAIN.contains(name) || WITH_ARGUMENT.contains(name);
    }

    static boolean holds(String name, Object value, List<Object> arguments) {
        if (!isKnown(name)) {
            throw new TemplateException("the test '" + name + "' is not rendered here");
        }
        int wanted = WITH_ARGUMENT.contains(name) ? 1 : 0;
        if (arguments.size() != wanted) {
            throw new TemplateException("the test '" + name + "' takes " + wanted + " arguments");
        }
        return wanted == 1 ? holds(name, value, arguments.getFirst()) : holds(name, value);
    }

    private static boolean holds(String name, Object value) {
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == Marker.NONE;
            case "string" -> value instanceof String;
            case "number" -> Values.isNumber(value);
            case "integer" -> Values.isWhole(value);
            case "float" -> value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "mapping" -> value instanceof Map<?, ?>;
            case "sequence" ->
                value instanceof String
                        || value instanceof List<?>
                        || value instanceof Map<?, ?>
                        || value instanceof Undefined;
            case "iterable" ->
                value instanceof String
                        || value instanceof List<?>
                        || value instanceof Map<?, ?>
                        || value instanceof Undefined;
            case "true" -> value.equals(true);
            case "false" -> value.equals(false);
            case "odd" -> Values.equal(Arithmetic.binary("%", value, 2L), 1L);
            case "even" -> Values.equal(Arithmetic.binary("%", value, 2L), 0L);
            case "callable" -> value instanceof Callable;
            case "lower" -> isCased(Printing.text(value), true);
            case "upper" -> isCased(Printing.text(value), false);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static boolean isCased(String text, boolean lower) {
        String one = lower ? text.toLowerCase(Locale.ROOT) : text.toUpperCase(Locale.ROOT);
        String other = lower ? text.toUpperCase(Locale.ROOT) : text.toLowerCase(Locale.ROOT);
        return text.equals(one) && !text.equals(other);
    }

    private static boolean holds(String name, Object value, Object other) {
        return switch (name) {
            case "divisibleby" -> Values.equal(Arithmetic.binary("%", value, other), 0L);
            case "eq", "equalto", "==" -> Values.equal(value, other);
            case "ne", "!=" -> !Values.equal(value, other);
            case "lt", "lessthan", "<" -> Values.compare(value, other) < 0;
            case "le", "<=" -> Values.compare(value, other) <= 0;
            case "gt", "greaterthan", ">" -> Values.compare(value, other) > 0;
            case "ge", ">=" -> Values.compare(value, other) >= 0;
            case "in" -> Values.contains(other, value);
            case "sameas" -> {
                if (!(other instanceof Boolean) && other != Marker.NONE) {
                    throw new TemplateException(
                            "the test 'sameas' with " + Values.type(other) + " is not rendered here");
                }
                yield value.equals(other);
            }
            default -> throw new IllegalArgumentException(name);
        };
    }
}
