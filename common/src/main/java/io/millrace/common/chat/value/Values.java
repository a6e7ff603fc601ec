package io.millrace.common.chat.value;

import io.millrace.common.chat.syntax.Marker;
import io.millrace.common.chat.syntax.TemplateException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * What Python makes of values. They are: String, Long, BigInteger (beyond a Long), Double, Boolean, {@link Marker#NONE},
 * {@link Undefined}, List, Map with keys of any of these, {@link Namespace} and {@link Callable}. Stateless.
 */
public final class Values {
    private Values() {}

    /** A JSON value as Python's json module reads it. */
    public static Object of(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> node.stringValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> node.isIntegralNumber() ? whole(node.bigIntegerValue()) : (Object) node.doubleValue();
            case ARRAY -> {
                List<Object> items = new ArrayList<>();
                node.values().forEach(each -> items.add(of(each)));
                yield items;
            }
            case OBJECT -> {
                Map<Object, Object> fields = new LinkedHashMap<>();
                node.forEachEntry((name, each) -> fields.put(name, of(each)));
                yield fields;
            }
            case NULL, MISSING -> Marker.NONE;
            case BINARY, POJO -> throw new IllegalArgumentException("no JSON value: " + node.getNodeType());
        };
    }

    public static Object whole(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    public static boolean isWhole(Object value) {
        return value instanceof Long || value instanceof BigInteger;
    }

    /** True and false are numbers too. */
    public static boolean isNumber(Object value) {
        return isWhole(value) || value instanceof Double || value instanceof Boolean;
    }

    static BigInteger big(Object value) {
        return switch (value) {
            case Long number -> BigInteger.valueOf(number);
            case Boolean truth -> truth ? BigInteger.ONE : BigInteger.ZERO;
            default -> (BigInteger) value;
        };
    }

    static double real(Object value) {
        return value instanceof Double number ? number : big(value).doubleValue();
    }

    public static boolean truth(Object value) {
        return switch (value) {
            case Boolean truth -> truth;
            case String text -> !text.isEmpty();
            case Long number -> number != 0;
            case BigInteger number -> number.signum() != 0;
            case Double number -> number != 0;
            case List<?> items -> !items.isEmpty();
            case Map<?, ?> fields -> !fields.isEmpty();
            case Marker none -> false;
            case Undefined undefined -> false;
            default -> true;
        };
    }

    /** Of the length that Python gives it. */
    public static long length(Object value) {
        return switch (value) {
            case String text -> text.codePointCount(0, text.length());
            case List<?> items -> items.size();
            case Map<?, ?> fields -> fields.size();
            case Undefined undefined -> 0;
            default -> throw new TemplateException(type(value) + " has no length");
        };
    }

    /** What a loop goes over: of a text its characters, of a dict its keys. */
    public static List<Object> items(Object value) {
        return switch (value) {
            case String text -> characters(text);
            case List<?> items -> List.copyOf(items);
            case Map<?, ?> fields -> List.copyOf(fields.keySet());
            case Undefined undefined -> List.of();
            default -> throw new TemplateException(type(value) + " cannot be gone through");
        };
    }

    private static List<Object> characters(String text) {
        return new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
    }

    public static boolean equal(Object left, Object right) {
        if (isNumber(left) && isNumber(right)) {
            if (left instanceof Double || right instanceof Double) {
                return real(left) == real(right);
            }
            return big(left).equals(big(right));
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            if (a.size() != b.size() || (left instanceof Tuple) != (right instanceof Tuple)) {
                return false;
            }
            for (int i = 0; i < a.size(); i++) {
                if (!equal(a.get(i), b.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
            return a.size() == b.size()
                    && a.entrySet().stream()
                            .allMatch(each ->
                                    b.containsKey(each.getKey()) && equal(each.getValue(), b.get(each.getKey())));
        }
        return left.equals(right);
    }

    /** Below, at or above 0, as the left is below, equal to or above the right. */
    public static int compare(Object left, Object right) {
        if (isNumber(left) && isNumber(right)) {
            return left instanceof Double || right instanceof Double
                    ? Double.compare(real(left), real(right))
                    : big(left).compareTo(big(right));
        }
        if (left instanceof String a && right instanceof String b) {
            int[] some = a.codePoints().toArray();
            int[] others = b.codePoints().toArray();
            return java.util.Arrays.compare(some, others);
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
                if (!equal(a.get(i), b.get(i))) {
                    return compare(a.get(i), b.get(i));
                }
            }
            return Integer.compare(a.size(), b.size());
        }
        throw undefinedOr(left, right, "cannot be compared");
    }

    /** Whether it is an element of a list, a key of a dict, or a part of a text. */
    public static boolean contains(Object container, Object value) {
        return switch (container) {
            case String text when value instanceof String part -> text.contains(part);
            case List<?> items -> items.stream().anyMatch(each -> equal(each, value));
            case Map<?, ?> fields -> fields.containsKey(value);
            case Undefined undefined -> false;
            default -> throw undefinedOr(container, value, "cannot be asked whether one is in the other");
        };
    }

    static TemplateException undefinedOr(Object left, Object right, String otherwise) {
        if (left instanceof Undefined undefined) {
            return undefined.error();
        }
        if (right instanceof Undefined undefined) {
            return undefined.error();
        }
        return new TemplateException(type(left) + " and " + type(right) + " " + otherwise);
    }

    /** For an error. */
    public static String type(Object value) {
        return switch (value) {
            case String text -> "a text";
            case Boolean truth -> "a truth value";
            case Long number -> "a whole number";
            case BigInteger number -> "a whole number";
            case Double number -> "a number";
            case List<?> items -> "a list";
            case Map<?, ?> fields -> "a dict";
            case Marker none -> "none";
            case Undefined(String what) -> what + ", which is undefined,";
            case Callable callable -> "a function";
            default -> "an object";
        };
    }
}
