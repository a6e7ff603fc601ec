package io.millrace.common.chat.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Values;
import io.millrace.common.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What transformers makes of templates, by scripts/make-chat-templates, and what is refused instead of guessed. */
class JinjaTemplateTest {
    private static final Path FOLDER = Path.of("src/test/resources/chat");
    private static final LocalDate TODAY = LocalDate.of(2026, 11, 30);

    private static Map<String, Object> names() throws Exception {
        Map<String, Object> names = new HashMap<>();
        Json.MAPPER
                .readTree(Files.readString(FOLDER.resolve("names.json")))
                .forEachEntry((name, value) -> names.put(name, Values.of(value)));
        return names;
    }

    @TestFactory
    List<DynamicTest> templatesComeToWhatTransformersMakesOfThem() throws Exception {
        Map<String, Object> names = names();
        return Files.readAllLines(FOLDER.resolve("templates.jsonl")).stream()
                .map(Json.MAPPER::readTree)
                .map(each -> DynamicTest.dynamicTest(each.path("template").asString(), () -> check(each, names)))
                .toList();
    }

    private static void check(JsonNode expected, Map<String, Object> names) {
        String template = expected.path("template").asString();
        if (expected.has("error")) {
            assertThrows(
                    TemplateException.class,
                    () -> new JinjaTemplate(template).render(names, TODAY),
                    expected::toString);
        } else {
            assertEquals(expected.path("text").asString(), new JinjaTemplate(template).render(names, TODAY));
        }
    }

    /** Jinja knows all of these; who uses one gets an error that names it, never another text. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{% include 'x' %} | 'include' blocks are not rendered here",
                "{% raw %}{% endraw %} | raw blocks are not rendered here",
                "{% block x %}{% endblock %} | 'block' blocks",
                "{% call m() %}{% endcall %} | 'call' blocks",
                "{% for x in y recursive %}{% endfor %} | recursive loops",
                "{{ cycler(1) }} | 'cycler' is not rendered here",
                "{{ 2 ** 3 }} | powers",
                "{{ f(*a) }} | arguments by *",
                "{{ '%s' % 'a' }} | formatted by the percent sign",
                "{{ 'a'.zfill(3) }} | 'zfill' of a text is not rendered here",
                "{{ {}.pop('a') }} | 'pop' of a dict is not rendered here",
                "{{ 'a'.__class__ }} | '__class__' is not rendered here",
                "{% for x in [1] %}{{ loop.changed(1) }}{% endfor %} | 'loop.changed' is not rendered here",
                "{% macro m() %}{{ varargs }}{% endmacro %} | 'varargs' is not rendered here",
            })
    void whatIsNotRenderedIsRefusedByItsName(String template, String cause) {
        String message = assertThrows(
                        TemplateException.class, () -> new JinjaTemplate(template).render(Map.of(), TODAY))
                .getMessage();
        assertTrue(message.contains(cause), message);
    }

    /** Two filters written as Jinja writes the operator, which the table above cannot have. */
    @Test
    void anUnknownFilterIsRefusedWhenTheTemplateIsRead() {
        String message = assertThrows(
                        TemplateException.class, () -> new JinjaTemplate("a\n{% if false %}{{ x | title }}{% endif %}"))
                .getMessage();
        assertEquals("line 2 of the template: the filter 'title' is not rendered here", message);
    }

    @Test
    void aTemplateThatAsksForTheDateIsRefusedWithoutOne() {
        JinjaTemplate template = new JinjaTemplate("{{ strftime_now('%Y') }}");
        String message = assertThrows(TemplateException.class, () -> template.render(Map.of(), null))
                .getMessage();
        assertTrue(message.contains("--chat-template-date"), message);
    }

    @Test
    void whatATemplateSaysItselfIsItsError() {
        String message = assertThrows(
                        TemplateException.class,
                        () -> new JinjaTemplate("{{ raise_exception('no system role') }}").render(Map.of(), null))
                .getMessage();
        assertEquals("the template says: no system role", message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}x{% endfor %}",
                "{% for a in range(99999) %}{{ 'x' * 100000 }}{% endfor %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{{ 'x' * 100000000000 }}",
            })
    @Timeout(60)
    void aTemplateThatDoesNotEndIsStopped(String template) {
        assertThrows(TemplateException.class, () -> new JinjaTemplate(template).render(Map.of(), null));
    }

    @Test
    void nestingThatIsTooDeepIsRefused() {
        String deep = "{{ " + "(".repeat(5000) + "1" + ")".repeat(5000) + " }}";
        assertThrows(TemplateException.class, () -> new JinjaTemplate(deep));
        String blocks = "{% if 1 %}".repeat(5000) + "{% endif %}".repeat(5000);
        assertThrows(TemplateException.class, () -> new JinjaTemplate(blocks));
        String nots = "{{ " + "not ".repeat(50_000) + "1 }}";
        assertThrows(TemplateException.class, () -> new JinjaTemplate(nots));
        String minuses = "{{ " + "-".repeat(50_000) + "1 }}";
        assertThrows(TemplateException.class, () -> new JinjaTemplate(minuses));
    }
}
