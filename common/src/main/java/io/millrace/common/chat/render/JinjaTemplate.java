package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.Statement;
import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.syntax.TemplateParser;
import io.millrace.common.chat.value.Callable;
import io.millrace.common.chat.value.Namespace;
import io.millrace.common.chat.value.Printing;
import io.millrace.common.chat.value.Values;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A template as transformers renders it: Jinja 3.1 in its immutable sandbox, with the functions added there. Immutable. */
public final class JinjaTemplate {
    /** Of what is put out; a prompt is far below. */
    private static final int CHARS_MAX = 1 << 24;

    private static final int STEPS_MAX = 2_000_000;
    /** As Jinja's sandbox has it. */
    private static final long RANGE_MAX = 100_000;

    private final List<Statement> body;

    /** @throws TemplateException when it is no template, or uses what is not known here; with its line */
    public JinjaTemplate(String source) {
        body = TemplateParser.parse(source, Filters.NAMES::contains, ValueTests::isKnown);
    }

    /**
     * @param names what the template is given, values as {@link Values} has them
     * @param today what {@code strftime_now} tells; null where a template that asks is refused
     * @throws TemplateException when the template cannot be rendered with these, or says so itself
     */
    public String render(Map<String, Object> names, @Nullable LocalDate today) {
        Scope globals = new Scope(null);
        globals.set("range", (Callable) JinjaTemplate::range);
        globals.set("namespace", (Callable) (arguments, named) -> new Namespace(fields("namespace", arguments, named)));
        globals.set("dict", (Callable)
                (arguments, named) -> new LinkedHashMap<Object, Object>(fields("dict", arguments, named)));
        globals.set("raise_exception", (Callable) (arguments, named) -> {
            throw new TemplateException("the template says: "
                    + Printing.text(new Given("'raise_exception'", arguments, named, "message").get("message", "")));
        });
        globals.set("strftime_now", (Callable) (arguments, named) ->
                Dates.of(today, new Given("'strftime_now'", arguments, named, "format").text("format")));
        Scope scope = new Scope(globals);
        names.forEach(scope::set);
        return new Renderer(CHARS_MAX, STEPS_MAX).text(body, scope);
    }

    private static Object range(List<Object> arguments, Map<String, Object> named) {
        if (!named.isEmpty() || arguments.isEmpty() || arguments.size() > 3) {
            throw new TemplateException("'range' needs one to three whole numbers");
        }
        for (Object each : arguments) {
            if (!(each instanceof Long)) {
                throw new TemplateException("'range' needs whole numbers, got " + Values.type(each));
            }
        }
        long from = arguments.size() == 1 ? 0 : (Long) arguments.get(0);
        long to = (Long) arguments.get(arguments.size() == 1 ? 0 : 1);
        long by = arguments.size() == 3 ? (Long) arguments.get(2) : 1;
        if (by == 0) {
            throw new TemplateException("'range' by steps of 0");
        }
        List<Object> items = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            if (items.size() == RANGE_MAX) {
                throw new TemplateException("'range' of more than " + RANGE_MAX);
            }
            items.add(i);
        }
        return items;
    }

    private static Map<String, Object> fields(String of, List<Object> arguments, Map<String, Object> named) {
        if (!arguments.isEmpty()) {
            throw new TemplateException("'" + of + "' takes named arguments only here");
        }
        return named;
    }
}
