package io.millrace.sandbox.engine;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.ledger.LedgerRow;
import io.millrace.sandbox.engine.ledger.LedgerSummary;
import io.millrace.sandbox.engine.ledger.RequestLedger;
import io.millrace.sandbox.engine.ledger.WeightVersions;
import io.millrace.sandbox.engine.runtime.Engine;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/**
 * The ledger over HTTP; no part of SGLang. Times are milliseconds since 1970, with fractions; {@code from_ms} is
 * included, {@code to_ms} is not, and both may be left out.
 */
final class LedgerRoutes implements HttpService {
    private final Engine engine;

    LedgerRoutes(Engine engine) {
        this.engine = engine;
    }

    private record Window(long fromNanos, long toNanos) {}

    @Override
    public void routing(HttpRules rules) {
        rules.get("/admin/ledger", this::rows).get("/admin/ledger/summary", this::summary);
    }

    private void rows(ServerRequest request, ServerResponse response) throws IOException {
        Window window = window(request);
        response.header(HeaderNames.CONTENT_TYPE, "application/x-ndjson");
        try (OutputStream out = new BufferedOutputStream(response.outputStream(), 1 << 16);
                JsonGenerator json = Json.MAPPER.createGenerator(out)) {
            for (LedgerRow row : engine.ledger().rows(window.fromNanos, window.toNanos)) {
                write(json, row);
                json.writeRaw('\n');
            }
        }
    }

    private static void write(JsonGenerator json, LedgerRow row) {
        json.writeStartObject();
        json.writeStringProperty("rid", row.rid());
        json.writeStringProperty("remote", row.remote());
        time(json, "arrival_ms", row.arrivalNanos());
        time(json, "start_ms", row.startNanos());
        time(json, "end_ms", row.endNanos());
        json.writeNumberProperty("prompt_tokens", row.promptTokens());
        json.writeNumberProperty("completion_tokens", row.completionTokens());
        json.writeArrayPropertyStart("weight_versions");
        for (WeightVersions.Span span : row.spans()) {
            json.writeStartObject();
            json.writeStringProperty("version", span.version());
            json.writeNumberProperty("start", span.start());
            json.writeNumberProperty("end", span.end());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeStringProperty("outcome", row.outcome().name().toLowerCase(Locale.ROOT));
        json.writeEndObject();
    }

    private static void time(JsonGenerator json, String name, long nanos) {
        if (nanos == LedgerRow.NOT_YET) {
            json.writeNullProperty(name);
        } else {
            json.writeNumberProperty(name, LedgerSummary.millis(nanos));
        }
    }

    private void summary(ServerRequest request, ServerResponse response) {
        Window window = window(request);
        int slots = slots(request);
        RequestLedger ledger = engine.ledger();
        LedgerSummary summary = LedgerSummary.of(
                ledger.rows(window.fromNanos, window.toNanos),
                window.fromNanos,
                window.toNanos,
                slots,
                ledger.unrecorded());
        GenerateRoutes.send(response, Json.MAPPER.valueToTree(summary));
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
        String text = request.query().first(name).orElse("");
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            double millis = Double.parseDouble(text);
            if (millis >= 0 && millis < 9e12) {
                return Math.round(millis * 1e6);
            }
        } catch (NumberFormatException e) {
            throw Refusal.malformed(name + " must be milliseconds since 1970, was " + text);
        }
        throw Refusal.malformed(name + " must be milliseconds since 1970, was " + text);
    }

    private static int slots(ServerRequest request) {
        String text = request.query().first("slots").orElse("");
        if (text.isEmpty()) {
            return 0;
        }
        try {
            int slots = Integer.parseInt(text);
            if (slots >= 1) {
                return slots;
            }
        } catch (NumberFormatException e) {
            throw Refusal.malformed("slots must be 1 or more, was " + text);
        }
        throw Refusal.malformed("slots must be 1 or more, was " + text);
    }
}
