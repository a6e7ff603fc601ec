package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Tuple;
import io.millrace.common.chat.value.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's texts. Stateless. */
final class TextMethods {
    static final Set<String> NAMES = Set.of(
            "strip",
            "lstrip",
            "rstrip",
            "split",
            "rsplit",
            "splitlines",
            "startswith",
            "endswith",
            "upper",
            "lower",
            "capitalize",
            "replace",
            "join",
            "find",
            "rfind",
            "count",
            "removeprefix",
            "removesuffix",
            "partition",
            "isdigit",
            "isspace");

    /** Those that Python has besides. */
    static final Set<String> OTHERS = Set.of(
            "casefold",
            "center",
            "encode",
            "expandtabs",
            "format",
            "format_map",
            "index",
            "isalnum",
            "isalpha",
            "isascii",
            "isdecimal",
            "isidentifier",
            "islower",
            "isnumeric",
            "isprintable",
            "istitle",
            "isupper",
            "ljust",
            "maketrans",
            "rindex",
            "rjust",
            "rpartition",
            "swapcase",
            "title",
            "translate",
            "zfill");

    private TextMethods() {}

    static Object call(String text, String method, List<Object> arguments, Map<String, Object> named) {
        String of = "'" + method + "'";
        return switch (method) {
            case "strip" -> stripped(text, new Given(of, arguments, named, "chars").textOrNull("chars"), true, true);
            case "lstrip" -> stripped(text, new Given(of, arguments, named, "chars").textOrNull("chars"), true, false);
            case "rstrip" -> stripped(text, new Given(of, arguments, named, "chars").textOrNull("chars"), false, true);
            case "split", "rsplit" -> {
                Given given = new Given(of, arguments, named, "sep", "maxsplit");
                yield split(text, given.textOrNull("sep"), given.whole("maxsplit", -1), method.equals("rsplit"));
            }
            case "splitlines" -> lines(text, new Given(of, arguments, named, "keepends").truth("keepends", false));
            case "startswith" -> any(new Given(of, arguments, named, "prefix").get("prefix", ""), text::startsWith, of);
            case "endswith" -> any(new Given(of, arguments, named, "suffix").get("suffix", ""), text::endsWith, of);
            case "upper" -> {
                var _ = new Given(of, arguments, named);
                yield text.toUpperCase(Locale.ROOT);
            }
            case "lower" -> {
                var _ = new Given(of, arguments, named);
                yield text.toLowerCase(Locale.ROOT);
            }
            case "capitalize" -> {
                var _ = new Given(of, arguments, named);
                yield capitalized(text);
            }
            case "replace" -> {
                Given given = new Given(of, arguments, named, "old", "new", "count");
                yield replaced(text, given.text("old"), given.text("new"), given.whole("count", -1));
            }
            case "join" -> joined(text, new Given(of, arguments, named, "iterable").get("iterable", ""));
            case "find" -> (long) found(text, new Given(of, arguments, named, "sub").text("sub"), false);
            case "rfind" -> (long) found(text, new Given(of, arguments, named, "sub").text("sub"), true);
            case "count" -> counted(text, new Given(of, arguments, named, "sub").text("sub"));
            case "removeprefix" -> {
                String prefix = new Given(of, arguments, named, "prefix").text("prefix");
                yield text.startsWith(prefix) ? text.substring(prefix.length()) : text;
            }
            case "removesuffix" -> {
                String suffix = new Given(of, arguments, named, "suffix").text("suffix");
                yield text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
            }
            case "partition" -> {
                String separator = new Given(of, arguments, named, "sep").text("sep");
                int at = text.indexOf(separator);
                yield new Tuple(
                        at < 0
                                ? List.of(text, "", "")
                                : List.of(text.substring(0, at), separator, text.substring(at + separator.length())));
            }
            case "isdigit" ->
                !text.isEmpty()
                        && text.codePoints().allMatch(c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER);
            case "isspace" -> !text.isEmpty() && text.codePoints().allMatch(TextMethods::isSpace);
            default -> throw new TemplateException("the method " + of + " of a text is not rendered here");
        };
    }

    static boolean isSpace(int c) {
        return (c >= 0x09 && c <= 0x0d)
                || (c >= 0x1c && c <= 0x20)
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200a)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    /** @param chars that are taken away; null for white space */
    static String stripped(String text, @Nullable String chars, boolean left, boolean right) {
        IntPredicate goes = chars == null ? TextMethods::isSpace : c -> chars.indexOf(c) >= 0;
        int from = 0;
        int to = text.length();
        while (left && from < to && goes.test(text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (right && to > from && goes.test(text.codePointBefore(to))) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    private static List<Object> split(String text, @Nullable String separator, int max, boolean fromRight) {
        if (separator != null && separator.isEmpty()) {
            throw new TemplateException("an empty separator");
        }
        if (separator == null) {
            if (max >= 0) {
                throw new TemplateException("'split' at white space with a maximum is not rendered here");
            }
            return words(text);
        }
        List<Object> parts = new ArrayList<>();
        if (fromRight) {
            String rest = text;
            for (int at = rest.lastIndexOf(separator); at >= 0 && (max < 0 || parts.size() < max); ) {
                parts.addFirst(rest.substring(at + separator.length()));
                rest = rest.substring(0, at);
                at = rest.lastIndexOf(separator);
            }
            parts.addFirst(rest);
            return parts;
        }
        int begin = 0;
        for (int at = text.indexOf(separator); at >= 0 && (max < 0 || parts.size() < max); ) {
            parts.add(text.substring(begin, at));
            begin = at + separator.length();
            at = text.indexOf(separator, begin);
        }
        parts.add(text.substring(begin));
        return parts;
    }

    private static List<Object> words(String text) {
        List<Object> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (!isSpace(c)) {
                word.appendCodePoint(c);
            } else if (!word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
            }
        });
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }

    private static List<Object> lines(String text, boolean keepEnds) {
        List<Object> lines = new ArrayList<>();
        int begin = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029) {
                int end = i + (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n' ? 2 : 1);
                lines.add(text.substring(begin, keepEnds ? end : i));
                begin = end;
                i = end - 1;
            }
        }
        if (begin < text.length()) {
            lines.add(text.substring(begin));
        }
        return lines;
    }

    private static boolean any(Object parts, java.util.function.Predicate<String> test, String of) {
        List<?> all = parts instanceof Tuple tuple ? tuple : List.of(parts);
        for (Object part : all) {
            if (!(part instanceof String text)) {
                throw new TemplateException(of + " needs a text, got " + Values.type(part));
            }
            if (test.test(text)) {
                return true;
            }
        }
        return false;
    }

    static String capitalized(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.offsetByCodePoints(0, 1);
        return Character.toString(Character.toTitleCase(text.codePointAt(0)))
                + text.substring(first).toLowerCase(Locale.ROOT);
    }

    static String replaced(String text, String old, String by, int count) {
        if (count < 0) {
            return text.replace(old, by);
        }
        if (old.isEmpty()) {
            throw new TemplateException("'replace' of nothing is not rendered here");
        }
        StringBuilder replaced = new StringBuilder();
        int begin = 0;
        for (int i = 0; i < count; i++) {
            int at = text.indexOf(old, begin);
            if (at < 0) {
                break;
            }
            replaced.append(text, begin, at).append(by);
            begin = at + old.length();
        }
        return replaced.append(text.substring(begin)).toString();
    }

    private static String joined(String separator, Object items) {
        StringBuilder joined = new StringBuilder();
        List<Object> all = Values.items(items);
        for (int i = 0; i < all.size(); i++) {
            if (!(all.get(i) instanceof String text)) {
                throw new TemplateException("'join' needs texts, got " + Values.type(all.get(i)));
            }
            joined.append(i == 0 ? "" : separator).append(text);
        }
        return joined.toString();
    }

    private static int found(String text, String part, boolean last) {
        int at = last ? text.lastIndexOf(part) : text.indexOf(part);
        return at < 0 ? -1 : text.codePointCount(0, at);
    }

    private static long counted(String text, String part) {
        return part.isEmpty()
                ? text.codePointCount(0, text.length()) + 1L
                : split(text, part, -1, false).size() - 1L;
    }
}
