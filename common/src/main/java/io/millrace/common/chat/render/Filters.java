package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.Marker;
import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Arithmetic;
import io.millrace.common.chat.value.Printing;
import io.millrace.common.chat.value.PythonJson;
import io.millrace.common.chat.value.Undefined;
import io.millrace.common.chat.value.Values;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Jinja's filters. Stateless. */
final class Filters {
    private static final Pattern WHOLE = Pattern.compile("[+-]?\\d+(?:_\\d+)*");

    static final Set<String> NAMES = Set.of(
            "default",
            "d",
            "length",
            "count",
            "trim",
            "upper",
            "lower",
            "capitalize",
            "join",
            "first",
            "last",
            "list",
            "string",
            "int",
            "replace",
            "tojson",
            "items",
            "dictsort",
            "sort",
            "reverse",
            "unique",
            "safe",
            "indent",
            "abs",
            "min",
            "max",
            "sum",
            "selectattr",
            "rejectattr",
            "select",
            "reject",
            "map");

    private Filters() {}

    static Object apply(String name, Object value, List<Object> arguments, Map<String, Object> named) {
        String of = "the filter '" + name + "'";
        return switch (name) {
            case "default", "d" -> {
                Given given = new Given(of, arguments, named, "default_value", "boolean");
                boolean absent = value instanceof Undefined || (given.truth("boolean", false) && !Values.truth(value));
                yield absent ? given.get("default_value", "") : value;
            }
            case "selectattr", "rejectattr", "select", "reject" -> selected(name, value, arguments, named);
            case "map" -> mapped(value, arguments, named);
            case "tojson" ->
                json(value, new Given(of, arguments, named, "ensure_ascii", "indent", "separators", "sort_keys"));
            case "trim" -> {
                String chars = new Given(of, arguments, named, "chars").textOrNull("chars");
                yield TextMethods.stripped(Printing.text(value), chars, true, true);
            }
            case "join" -> joined(value, new Given(of, arguments, named, "d", "attribute"));
            case "replace" -> {
                Given given = new Given(of, arguments, named, "old", "new", "count");
                String old = Printing.text(given.get("old", ""));
                yield TextMethods.replaced(
                        Printing.text(value), old, Printing.text(given.get("new", "")), given.whole("count", -1));
            }
            case "indent" -> indented(value, new Given(of, arguments, named, "width", "first", "blank"));
            case "int" -> whole(value, new Given(of, arguments, named, "default", "base"));
            case "dictsort" -> sortedDict(value, new Given(of, arguments, named, "case_sensitive", "by", "reverse"));
            case "sort" -> sorted(value, new Given(of, arguments, named, "reverse", "case_sensitive", "attribute"));
            case "min", "max" -> extreme(value, name.equals("max"), new Given(of, arguments, named, "case_sensitive"));
            case "unique" -> unique(value, new Given(of, arguments, named, "case_sensitive"));
            default -> {
                var _ = new Given(of, arguments, named);
                yield plain(name, value);
            }
        };
    }

    /** Those without arguments. */
    private static Object plain(String name, Object value) {
        return switch (name) {
            case "length", "count" -> Values.length(value);
            case "upper" -> Printing.text(value).toUpperCase(Locale.ROOT);
            case "lower" -> Printing.text(value).toLowerCase(Locale.ROOT);
            case "capitalize" -> TextMethods.capitalized(Printing.text(value));
            case "first" -> {
                List<Object> items = Values.items(value);
                yield items.isEmpty() ? new Undefined("the first of no items") : items.getFirst();
            }
            case "last" -> {
                List<Object> items = Values.items(value);
                yield items.isEmpty() ? new Undefined("the last of no items") : items.getLast();
            }
            case "list" -> new ArrayList<>(Values.items(value));
            case "string" -> Printing.text(value);
            case "safe" -> value;
            case "items" -> {
                if (value instanceof Undefined) {
                    yield List.of();
                }
                if (!(value instanceof Map<?, ?> fields)) {
                    throw new TemplateException("the filter 'items' needs a dict, got " + Values.type(value));
                }
                yield Attributes.pairs(fields);
            }
            case "reverse" -> {
                List<Object> items = new ArrayList<>(Values.items(value)).reversed();
                yield value instanceof String
                        ? String.join("", items.stream().map(Printing::text).toList())
                        : new ArrayList<>(items);
            }
            case "abs" -> Values.compare(value, 0L) < 0 ? Arithmetic.negated(value) : value;
            case "sum" -> {
                Object sum = 0L;
                for (Object each : Values.items(value)) {
                    sum = Arithmetic.binary("+", sum, each);
                }
                yield sum;
            }
            default -> throw new TemplateException("the filter '" + name + "' is not rendered here");
        };
    }

    private static Object json(Object value, Given given) {
        Object indent = given.get("indent", Marker.NONE);
        String level = indent instanceof Long spaces ? " ".repeat(Math.clamp(spaces, 0, 100)) : null;
        if (indent instanceof String text) {
            level = text;
        }
        List<String> separators = given.get("separators") instanceof List<?> two && two.size() == 2
                ? two.stream().map(Printing::text).toList()
                : null;
        return new PythonJson(given.truth("ensure_ascii", false), level, separators, given.truth("sort_keys", false))
                .of(value);
    }

    private static Object joined(Object value, Given given) {
        String separator = Printing.text(given.get("d", ""));
        Object attribute = given.get("attribute");
        List<String> texts = new ArrayList<>();
        for (Object each : Values.items(value)) {
            texts.add(Printing.text(attribute == null ? each : path(each, attribute)));
        }
        return String.join(separator, texts);
    }

    private static Object path(Object of, Object attribute) {
        Object value = of;
        if (attribute instanceof Long) {
            return Attributes.subscript(value, attribute);
        }
        for (String name : Printing.text(attribute).split("\\.", -1)) {
            Object key = name.matches("\\d+") ? (Object) Long.valueOf(name) : name;
            value = Attributes.subscript(value, key);
        }
        return value;
    }

    private static Object indented(Object value, Given given) {
        Object width = given.get("width", 4L);
        String by = width instanceof String text ? text : " ".repeat(Math.clamp(given.whole("width", 4), 0, 1000));
        boolean blank = given.truth("blank", false);
        List<String> lines = new ArrayList<>();
        // A line feed is put at the end first, so that one at the end stays.
        TextMethods.call(Printing.text(value) + "\n", "splitlines", List.of(), Map.of());
        for (Object line : (List<?>) TextMethods.call(Printing.text(value) + "\n", "splitlines", List.of(), Map.of())) {
            String text = (String) line;
            boolean first = lines.isEmpty();
            boolean moved = first ? given.truth("first", false) : blank || !text.isEmpty();
            lines.add(moved ? by + text : text);
        }
        return String.join("\n", lines);
    }

    private static Object whole(Object value, Given given) {
        Object absent = given.get("default", 0L);
        if (given.whole("base", 10) != 10) {
            throw new TemplateException("the filter 'int' of another base is not rendered here");
        }
        return switch (value) {
            case Boolean truth -> truth ? 1L : 0L;
            case Double number when !Double.isFinite(number) -> absent;
            case Double number -> Values.whole(new BigDecimal(number).toBigInteger());
            case String text -> {
                String digits = TextMethods.stripped(text, null, true, true);
                if (WHOLE.matcher(digits).matches()) {
                    yield Values.whole(new BigInteger(digits.replace("_", "").replaceFirst("^\\+", "")));
                }
                try {
                    yield Values.whole(new BigDecimal(digits).toBigInteger());
                } catch (NumberFormatException e) {
                    yield absent;
                }
            }
            case Undefined undefined -> throw undefined.error();
            default -> Values.isWhole(value) ? value : absent;
        };
    }

    private static Object folded(Object value, boolean caseSensitive) {
        return value instanceof String text && !caseSensitive ? text.toLowerCase(Locale.ROOT) : value;
    }

    private static Object sortedDict(Object value, Given given) {
        if (!(value instanceof Map<?, ?> fields)) {
            throw new TemplateException("the filter 'dictsort' needs a dict, got " + Values.type(value));
        }
        int by = Printing.text(given.get("by", "key")).equals("value") ? 1 : 0;
        boolean caseSensitive = given.truth("case_sensitive", false);
        List<Object> pairs = Attributes.pairs(fields);
        order(pairs, pair -> folded(((List<?>) pair).get(by), caseSensitive), given.truth("reverse", false));
        return pairs;
    }

    private static Object sorted(Object value, Given given) {
        boolean caseSensitive = given.truth("case_sensitive", false);
        Object attribute = given.get("attribute");
        List<Object> items = new ArrayList<>(Values.items(value));
        order(
                items,
                each -> folded(attribute == null ? each : path(each, attribute), caseSensitive),
                given.truth("reverse", false));
        return items;
    }

    /** Python keeps equal items in their order also in reverse. */
    private static void order(List<Object> items, java.util.function.Function<Object, Object> key, boolean reverse) {
        Comparator<Object> comparator = Comparator.comparing(key, Values::compare);
        items.sort(reverse ? comparator.reversed() : comparator);
    }

    private static Object extreme(Object value, boolean most, Given given) {
        boolean caseSensitive = given.truth("case_sensitive", false);
        Object found = null;
        for (Object each : Values.items(value)) {
            int difference =
                    found == null ? 0 : Values.compare(folded(each, caseSensitive), folded(found, caseSensitive));
            if (found == null || (most ? difference > 0 : difference < 0)) {
                found = each;
            }
        }
        return found == null ? new Undefined("the least or most of no items") : found;
    }

    private static Object unique(Object value, Given given) {
        boolean caseSensitive = given.truth("case_sensitive", false);
        List<Object> items = new ArrayList<>();
        for (Object each : Values.items(value)) {
            Object key = folded(each, caseSensitive);
            if (items.stream().noneMatch(met -> Values.equal(folded(met, caseSensitive), key))) {
                items.add(each);
            }
        }
        return items;
    }

    private static Object selected(String name, Object value, List<Object> arguments, Map<String, Object> named) {
        List<Object> rest = new ArrayList<>(arguments);
        if (!named.isEmpty() || (name.endsWith("attr") && rest.isEmpty())) {
            throw new TemplateException("the filter '" + name + "' with these arguments is not rendered here");
        }
        Object attribute = name.endsWith("attr") ? rest.removeFirst() : null;
        Predicate<Object> test = test(rest);
        boolean kept = name.startsWith("select");
        List<Object> items = new ArrayList<>();
        for (Object each : Values.items(value)) {
            if (test.test(attribute == null ? each : path(each, attribute)) == kept) {
                items.add(each);
            }
        }
        return items;
    }

    private static Predicate<Object> test(List<Object> named) {
        if (named.isEmpty()) {
            return Values::truth;
        }
        String name = Printing.text(named.getFirst());
        List<Object> arguments = named.subList(1, named.size());
        return value -> ValueTests.holds(name, value, arguments);
    }

    private static Object mapped(Object value, List<Object> arguments, Map<String, Object> named) {
        Object attribute = named.get("attribute");
        @Nullable Object absent = named.get("default");
        List<Object> items = new ArrayList<>();
        for (Object each : Values.items(value)) {
            if (attribute == null) {
                if (arguments.isEmpty() || !NAMES.contains(Printing.text(arguments.getFirst()))) {
                    throw new TemplateException("the filter 'map' with these arguments is not rendered here");
                }
                items.add(apply(
                        Printing.text(arguments.getFirst()), each, arguments.subList(1, arguments.size()), named));
            } else {
                Object item = path(each, attribute);
                items.add(item instanceof Undefined && absent != null ? absent : item);
            }
        }
        return items;
    }
}
