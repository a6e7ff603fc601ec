package io.millrace.sandbox.engine.http;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.runtime.Faults;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.util.Arrays;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** {@code POST /admin/faults {"kind": "hang" | "error" | "garbage", "count": n}}: the next n generate requests fail so. */
public record FaultRoutes(Faults faults) implements HttpService {
    private static final int COUNT_MAX = 100_000;

    @Override
    public void routing(HttpRules rules) {
        rules.post("/admin/faults", this::plan);
    }

    private void plan(ServerRequest request, ServerResponse response) {
        JsonNode body = Exchange.tree(request);
        JsonNode count = body.path("count");
        if (!count.isInt() || count.intValue() < 1 || count.intValue() > COUNT_MAX) {
            throw Refusal.malformed("count must be 1 to " + COUNT_MAX);
        }
        String word = body.path("kind").asString("").toUpperCase(Locale.ROOT);
        Faults.Kind kind = Arrays.stream(Faults.Kind.values())
                .filter(known -> known.name().equals(word))
                .findFirst()
                .orElseThrow(() -> Refusal.malformed("kind must be hang, error or garbage"));
        faults.plan(kind, count.intValue());
        Exchange.send(response, Json.object().put("planned", faults.left()));
    }
}
