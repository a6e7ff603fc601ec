package io.millrace.sandbox.chaos;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls to the trainer consumer by a trainer that has a successor. One owner. */
final class TrainerCalls {
    private static final Logger log = LoggerFactory.getLogger(TrainerCalls.class);
    private static final Duration LIMIT = Duration.ofSeconds(10);
    /** A server that cannot answer now is asked again: only an answer tells anything. */
    private static final int TRIES = 5;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT)
            .build();
    private final String url;

    TrainerCalls(int port) {
        this.url = ChaosSpecs.url(port);
    }

    /** Goes on in a lineage that was left, as its trainer would; what is answered as if it stood is returned. */
    List<String> late(TrainerWatch.Received step) throws InterruptedException {
        List<String> taken = new ArrayList<>();
        String path = url + "/v1/steps/" + step.step();
        byte[] ack = Json.MAPPER.writeValueAsBytes(
                Json.object().put("lease", step.token()).put("weight_version", 77));
        byte[] policy = Json.MAPPER.writeValueAsBytes(Json.object()
                .put("lineage", step.lineage())
                .put("state", "ready")
                .put("weight_version", 77));
        refused(taken, "the late acknowledgement", post(path + "/ack", ack));
        refused(taken, "the late fetch", HttpRequest.newBuilder(URI.create(path + "/batch?lease=" + step.token())));
        refused(taken, "the late announcement", post(url + "/v1/policy", policy));
        String lease = url + "/v1/steps/next/lease?wait_ms=0";
        refused(taken, "the lease after that", post(lease + "&lineage=" + step.lineage(), new byte[0]));
        refused(taken, "the lease that names no lineage", post(lease, new byte[0]));
        return taken;
    }

    private static HttpRequest.Builder post(String url, byte[] body) {
        return HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    }

    private void refused(List<String> taken, String what, HttpRequest.Builder request) throws InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            try {
                HttpResponse<String> answer =
                        http.send(request.timeout(LIMIT).build(), HttpResponse.BodyHandlers.ofString());
                log.info("{} of a zombie: {} {}", what, answer.statusCode(), answer.body());
                if (answer.statusCode() < 300) {
                    taken.add(what + " of a zombie was answered " + answer.statusCode());
                }
                if (answer.statusCode() < 500) {
                    return;
                }
            } catch (IOException e) {
                log.debug("{} did not get through", what, e);
            }
            // The server may be the next fault's target already.
            Thread.sleep(LIMIT.dividedBy(10));
        }
    }
}
