package io.millrace.common.chat.value;

import io.millrace.common.chat.syntax.Marker;
import io.millrace.common.chat.syntax.TemplateException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as Python's json module writes it, which is how a model has seen its tools. One use. */
public final class PythonJson {
    private static final int DEPTH_MAX = 200;

    private final boolean ascii;
    private final @Nullable String indent;
    private final String itemEnd;
    private final String nameEnd;
    private final boolean sorted;
    private final StringBuilder out = new StringBuilder();

    /**
     * @param indent of one level; null for all on one line
     * @param separators behind items and names; null for Python's own
     */
    public PythonJson(boolean ascii, @Nullable String indent, @Nullable List<String> separators, boolean sorted) {
        this.ascii = ascii;
        this.indent = indent;
        this.itemEnd = separators == null ? (indent == null ? ", " : ",") : separators.get(0);
        this.nameEnd = separators == null ? ": " : separators.get(1);
        this.sorted = sorted;
    }

    public String of(Object value) {
        write(value, 0);
        return out.toString();
    }

    private void write(Object value, int depth) {
        if (depth > DEPTH_MAX) {
            throw new TemplateException("JSON nested deeper than " + DEPTH_MAX);
        }
        switch (value) {
            case String text -> string(text);
            case Boolean truth -> out.append(truth);
            case Long number -> out.append(number);
            case BigInteger number -> out.append(number);
            case Double number ->
                out.append(
                        Double.isNaN(number)
                                ? "NaN"
                                : Double.isInfinite(number)
                                        ? (number > 0 ? "Infinity" : "-Infinity")
                                        : Printing.real(number));
            case Marker none -> out.append("null");
            case List<?> items -> {
                if (items.isEmpty()) {
                    out.append("[]");
                    return;
                }
                out.append('[');
                for (int i = 0; i < items.size(); i++) {
                    out.append(i == 0 ? "" : itemEnd);
                    line(depth + 1);
                    write(items.get(i), depth + 1);
                }
                line(depth);
                out.append(']');
            }
            case Map<?, ?> fields -> object(fields, depth);
            default -> throw new TemplateException(Values.type(value) + " is no JSON");
        }
    }

    private void object(Map<?, ?> fields, int depth) {
        if (fields.isEmpty()) {
            out.append("{}");
            return;
        }
        List<Map.Entry<?, ?>> entries = new ArrayList<>(fields.entrySet());
        if (sorted) {
            entries.sort(Comparator.comparing(Map.Entry::getKey, Values::compare));
        }
        out.append('{');
        for (int i = 0; i < entries.size(); i++) {
            out.append(i == 0 ? "" : itemEnd);
            line(depth + 1);
            switch (entries.get(i).getKey()) {
                case String name -> string(name);
                case Boolean truth -> string(truth.toString());
                case Marker none -> string("null");
                case Object number -> string(Printing.text(number));
            }
            out.append(nameEnd);
            write(entries.get(i).getValue(), depth + 1);
        }
        line(depth);
        out.append('}');
    }

    private void line(int depth) {
        if (indent != null) {
            out.append('\n').append(indent.repeat(depth));
        }
    }

    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\f' -> out.append("\\f");
                case '\b' -> out.append("\\b");
                default -> {
                    if (c < ' ' || (ascii && c > '~')) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
