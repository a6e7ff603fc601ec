package io.millrace.trainer.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files alone; what a browser makes of them is looked at by scripts/test-page. */
class PageFilesTest {
    private static final List<String> SCRIPTS =
            List.of("page.js", "api.js", "draw.js", "flow.js", "charts.js", "tables.js", "group.js");

    private static String text(String name) throws IOException {
        try (InputStream in = PageFiles.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void noTextOfOthersBecomesMarkup() throws IOException {
        Pattern markup = Pattern.compile(
                "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|DOMParser|srcdoc|\\beval\\b|new Function");
        for (String script : SCRIPTS) {
            assertFalse(markup.matcher(text(script)).find(), script);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "page.html",
                "page.css",
                "page.js",
                "api.js",
                "draw.js",
                "flow.js",
                "charts.js",
                "tables.js",
                "group.js"
            })
    void nothingIsAskedOfAnotherHost(String file) throws IOException {
        String without = text(file).replace("http://www.w3.org/2000/svg", "").replace("/^https?:\\/\\//", "");
        assertFalse(without.contains("//www") || without.contains("http:") || without.contains("https:"), file);
        assertFalse(text(file).contains("@import"), file);
    }

    /** The policy allows none. */
    @Test
    void thePageHasNoScriptOrStyleInIt() throws IOException {
        String page = text("page.html");
        assertFalse(Pattern.compile("<style|style=|\\son[a-z]+=|javascript:")
                .matcher(page)
                .find());
        assertEquals(1, Pattern.compile("<script").matcher(page).results().count());
        assertTrue(page.contains("<script type=\"module\" src=\"/page/files/page.js\"></script>"));
        for (String script : SCRIPTS) {
            assertFalse(text(script).contains("setAttribute(\"style\""), script);
        }
    }

    @Test
    void whatThePageLooksUpIsThere() throws IOException {
        String page = text("page.html");
        for (String script : SCRIPTS) {
            Pattern.compile("id\\(\"([a-z-]+)\"\\)")
                    .matcher(text(script))
                    .results()
                    .forEach(found -> {
                        String id = found.group(1);
                        assertTrue(page.contains("id=\"" + id + "\""), script + " looks up " + id);
                    });
        }
    }
}
