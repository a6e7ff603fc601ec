package io.millrace.trainer.page;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The static files of the page, from the jar: no other file can be asked for. Immutable. */
final class PageFiles {
    private static final String JS = "text/javascript; charset=utf-8";

    /** By path: the resource and its type. */
    private static final Map<String, String[]> FILES = files();

    private static Map<String, String[]> files() {
        Map<String, String[]> files = new LinkedHashMap<>();
        files.put("/", new String[] {"page.html", "text/html; charset=utf-8"});
        files.put("/page/files/page.css", new String[] {"page.css", "text/css; charset=utf-8"});
        files.put("/page/files/icon.svg", new String[] {"icon.svg", "image/svg+xml"});
        for (String script :
                new String[] {"page.js", "api.js", "draw.js", "flow.js", "charts.js", "tables.js", "group.js"}) {
            files.put("/page/files/" + script, new String[] {script, JS});
        }
        return files;
    }

    private PageFiles() {}

    static void addTo(HttpRouting.Builder routing) {
        FILES.forEach((path, file) -> {
            byte[] content = content(file[0]);
            routing.get(path, (request, response) -> {
                secure(response);
                response.header(HeaderNames.CONTENT_TYPE, file[1]);
                response.header(HeaderNames.CACHE_CONTROL, "no-cache");
                response.send(content);
            });
        });
    }

    private static byte[] content(String name) {
        try (InputStream in = PageFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the page's " + name + " is not in the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What a browser is told with every answer: it runs no script and loads nothing but these files, asks nobody but this
     * server, shows the page in no other one, and guesses no type.
     */
    static void secure(ServerResponse response) {
        response.header(
                HeaderNames.create("Content-Security-Policy"),
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                        + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        response.header(HeaderNames.create("Referrer-Policy"), "no-referrer");
        response.header(HeaderNames.create("Cross-Origin-Opener-Policy"), "same-origin");
        response.header(HeaderNames.create("Cross-Origin-Resource-Policy"), "same-origin");
    }
}
