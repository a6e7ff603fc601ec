package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.Marker;
import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Callable;
import io.millrace.common.chat.value.Namespace;
import io.millrace.common.chat.value.Tuple;
import io.millrace.common.chat.value.Undefined;
import io.millrace.common.chat.value.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind a dot or in square brackets. As in Jinja a dot means an attribute first and a key second, brackets the
 * other way round. An attribute that Python's object has and nobody made here is an error, not undefined. Stateless.
 */
final class Attributes {
    private static final Set<String> DICT = Set.of("items", "keys", "values", "get");
    private static final Set<String> DICT_OTHERS =
            Set.of("clear", "copy", "fromkeys", "pop", "popitem", "setdefault", "update");
    private static final Set<String> LIST = Set.of("index", "count");
    private static final Set<String> LIST_OTHERS =
            Set.of("append", "clear", "copy", "extend", "insert", "pop", "remove", "reverse", "sort");
    private static final Set<String> NUMBER_OTHERS = Set.of(
            "as_integer_ratio",
            "bit_count",
            "bit_length",
            "conjugate",
            "denominator",
            "from_bytes",
            "fromhex",
            "hex",
            "imag",
            "is_integer",
            "numerator",
            "real",
            "to_bytes");

    private Attributes() {}

    /** {@code of.name} */
    static Object dotted(Object of, String name) {
        Object attribute = attribute(of, name);
        if (attribute != null) {
            return attribute;
        }
        Object item = of instanceof Map<?, ?> fields ? fields.get(name) : null;
        return item == null ? absent(of, name) : item;
    }

    /** {@code of[key]} */
    static Object subscript(Object of, Object key) {
        Object item = item(of, key);
        if (item != null) {
            return item;
        }
        Object attribute = key instanceof String name ? attribute(of, name) : null;
        return attribute == null ? absent(of, key) : attribute;
    }

    private static Undefined absent(Object of, Object key) {
        if (of instanceof Undefined undefined) {
            throw undefined.error();
        }
        return new Undefined("'" + key + "' of " + Values.type(of));
    }

    private static @Nullable Object item(Object of, Object key) {
        return switch (of) {
            case Undefined undefined -> throw undefined.error();
            case Map<?, ?> fields -> fields.get(key);
            case List<?> items when key instanceof Long index -> at(items, index);
            case String text when key instanceof Long index -> at(Values.items(text), index);
            default -> null;
        };
    }

    private static @Nullable Object at(List<?> items, long index) {
        long at = index < 0 ? index + items.size() : index;
        return at < 0 || at >= items.size() ? null : items.get((int) at);
    }

    private static @Nullable Object attribute(Object of, String name) {
        if (name.startsWith("__")) {
            throw new TemplateException("'" + name + "' is not rendered here");
        }
        return switch (of) {
            case Undefined undefined -> throw undefined.error();
            case Namespace namespace -> namespace.get(name);
            case Loop loop -> loop.get(name);
            case String text -> {
                check(TextMethods.OTHERS, name, of);
                yield TextMethods.NAMES.contains(name)
                        ? (Callable) (arguments, named) -> TextMethods.call(text, name, arguments, named)
                        : null;
            }
            case Map<?, ?> fields -> {
                check(DICT_OTHERS, name, of);
                yield DICT.contains(name)
                        ? (Callable) (arguments, named) -> dict(fields, name, arguments, named)
                        : null;
            }
            case List<?> items -> {
                check(LIST_OTHERS, name, of);
                yield LIST.contains(name) ? (Callable) (arguments, named) -> list(items, name, arguments, named) : null;
            }
            case Callable callable -> throw new TemplateException("'" + name + "' of a function is not rendered here");
            default -> {
                if (Values.isNumber(of)) {
                    check(NUMBER_OTHERS, name, of);
                }
                yield null;
            }
        };
    }

    private static void check(Set<String> others, String name, Object of) {
        if (others.contains(name)) {
            throw new TemplateException("'" + name + "' of " + Values.type(of) + " is not rendered here");
        }
    }

    private static Object dict(Map<?, ?> fields, String name, List<Object> arguments, Map<String, Object> named) {
        if (name.equals("get")) {
            Given given = new Given("'get'", arguments, named, "key", "default");
            Object value = fields.get(given.get("key", Marker.NONE));
            return value == null ? given.get("default", Marker.NONE) : value;
        }
        var _ = new Given("'" + name + "'", arguments, named);
        return switch (name) {
            case "items" -> pairs(fields);
            case "keys" -> List.copyOf(fields.keySet());
            default -> List.copyOf(fields.values());
        };
    }

    static List<Object> pairs(Map<?, ?> fields) {
        List<Object> pairs = new ArrayList<>();
        fields.forEach((key, value) -> pairs.add(new Tuple(List.of(key, value))));
        return pairs;
    }

    private static Object list(List<?> items, String name, List<Object> arguments, Map<String, Object> named) {
        Object value = new Given("'" + name + "'", arguments, named, "value").get("value", Marker.NONE);
        if (name.equals("count")) {
            return items.stream().filter(each -> Values.equal(each, value)).count();
        }
        for (int i = 0; i < items.size(); i++) {
            if (Values.equal(items.get(i), value)) {
                return (long) i;
            }
        }
        throw new TemplateException("'index' of what is not in the list");
    }

    /** {@code of[from:to:step]} */
    static Object slice(Object of, Object from, Object to, Object step) {
        if (of instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(of instanceof String) && !(of instanceof List<?>)) {
            return new Undefined("a slice of " + Values.type(of));
        }
        List<Object> items = Values.items(of);
        long by = step == Marker.NONE ? 1 : bound(step);
        if (by == 0) {
            throw new TemplateException("a slice by steps of 0");
        }
        long size = items.size();
        long begin = from == Marker.NONE ? (by > 0 ? 0 : size - 1) : clamped(bound(from), size, by);
        long end = to == Marker.NONE ? (by > 0 ? size : -1) : clamped(bound(to), size, by);
        List<Object> slice = new ArrayList<>();
        for (long i = begin; by > 0 ? i < end : i > end; i += by) {
            slice.add(items.get((int) i));
        }
        if (of instanceof String) {
            StringBuilder text = new StringBuilder();
            slice.forEach(text::append);
            return text.toString();
        }
        return of instanceof Tuple ? new Tuple(slice) : slice;
    }

    private static long bound(Object value) {
        if (value instanceof Long number) {
            return number;
        }
        throw new TemplateException("a slice needs whole numbers, got " + Values.type(value));
    }

    private static long clamped(long bound, long size, long by) {
        long at = bound < 0 ? bound + size : bound;
        return by > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1);
    }
}
