package io.millrace.sandbox.chaos.inject;

import io.millrace.common.json.Json;
import io.millrace.sandbox.chaos.fleet.TrainerWatch;
import io.millrace.sandbox.chaos.inject.RefusedCalls.Call;
import io.millrace.sandbox.cluster.ClusterSpec;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** Calls to the trainer consumer by a trainer that has a successor. Thread-safe. */
public final class TrainerCalls {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int BAD = 400;
    private static final int CONFLICT = 409;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT)
            .build();
    private final String url;

    TrainerCalls(int port) {
        this.url = ClusterSpec.url(port);
    }

    /**
     * What a trainer does that goes on in a lineage that was left. Nothing but the lineage is against any of it, or that
     * none is named.
     *
     * @param step what it had received
     * @param weightVersion that the run could come to next
     */
    List<Call> late(TrainerWatch.Received step, long weightVersion) {
        String path = url + "/v1/steps/" + step.step();
        byte[] ack = Json.MAPPER.writeValueAsBytes(
                Json.object().put("lease", step.token()).put("weight_version", weightVersion));
        byte[] policy = Json.MAPPER.writeValueAsBytes(Json.object()
                .put("lineage", step.lineage())
                .put("state", "ready")
                .put("weight_version", weightVersion));
        String lease = url + "/v1/steps/next/lease?wait_ms=0";
        return List.of(
                call("acknowledgement", CONFLICT, post(path + "/ack", ack)),
                call("fetch", CONFLICT, HttpRequest.newBuilder(URI.create(path + "/batch?lease=" + step.token()))),
                call("announcement", CONFLICT, post(url + "/v1/policy", policy)),
                call("lease", CONFLICT, post(lease + "&lineage=" + step.lineage(), new byte[0])),
                call("lease that names no lineage", BAD, post(lease, new byte[0])));
    }

    private static HttpRequest.Builder post(String url, byte[] body) {
        return HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    }

    private Call call(String what, int refusal, HttpRequest.Builder builder) {
        HttpRequest request = builder.timeout(LIMIT).build();
        return new Call("a zombie's late " + what, refusal, () -> {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            return new RefusedCalls.Answer(answer.statusCode(), answer.body());
        });
    }
}
