package io.millrace.sandbox.engine.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.ledger.LedgerRow;
import io.millrace.sandbox.engine.ledger.LedgerSummary;
import io.millrace.sandbox.engine.ledger.RequestLedger;
import io.millrace.sandbox.engine.runtime.Engine;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * The ledger over HTTP; no part of SGLang. Times are milliseconds since 1970, with fractions; {@code from_ms} is
 * included, {@code to_ms} is not, and both may be left out.
 */
public record LedgerRoutes(Engine engine) implements HttpService {
    private record Window(long fromNanos, long toNanos) {}

    @Override
    public void routing(HttpRules rules) {
        rules.get("/admin/ledger", this::rows).get("/admin/ledger/summary", this::summary);
    }

    private void rows(ServerRequest request, ServerResponse response) throws IOException {
        Window window = window(request);
        response.header(HeaderNames.CONTENT_TYPE, "application/x-ndjson");
        try (Writer out = new OutputStreamWriter(response.outputStream(), StandardCharsets.UTF_8)) {
            for (LedgerRow row : engine.ledger().rows(window.fromNanos, window.toNanos)) {
                out.write(Json.MAPPER.writeValueAsString(row.told()));
                out.write('\n');
            }
        }
    }

    private void summary(ServerRequest request, ServerResponse response) {
        Window window = window(request);
        int slots = (int) number(request, "slots", 0, 1, Integer.MAX_VALUE);
        RequestLedger ledger = engine.ledger();
        LedgerSummary summary = LedgerSummary.of(
                ledger.rows(window.fromNanos, window.toNanos),
                window.fromNanos,
                window.toNanos,
                slots,
                ledger.unrecorded());
        Exchange.send(response, Json.MAPPER.valueToTree(summary));
    }

    private Window window(ServerRequest request) {
        RequestLedger ledger = engine.ledger();
        Window window =
                new Window(nanos(request, "from_ms", ledger.openedNanos()), nanos(request, "to_ms", ledger.nowNanos()));
        if (window.toNanos < window.fromNanos) {
            throw Refusal.malformed("to_ms must not be before from_ms");
        }
        return window;
    }

    private static long nanos(ServerRequest request, String name, long otherwise) {
        double millis = number(request, name, -1, 0, 9e12);
        return millis < 0 ? otherwise : Math.round(millis * 1e6);
    }

    /** @return the default where none is given */
    private static double number(ServerRequest request, String name, double otherwise, double min, double max) {
        String text = request.query().first(name).orElse("");
        try {
            double number = text.isEmpty() ? otherwise : Double.parseDouble(text);
            if (text.isEmpty() || (number >= min && number <= max)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw Refusal.malformed(name + " must be a number from " + min + " to " + max + ", was " + text);
    }
}
