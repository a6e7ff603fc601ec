package io.millrace.worker.engine.dialect;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * The engines behind an address that may be a gateway's ({@code GET /workers}, as sglang-router and vllm-router have it).
 * A gateway sends a request to one engine of its choice, which is right for samples and wrong for what concerns an engine or
 * all of them: ending a request, asking which weights are served. Such calls go to the engines themselves. Thread-safe.
 */
public final class Gateway {
    private static final Logger log = LoggerFactory.getLogger(Gateway.class);

    /** Engines of a gateway come and go; what is none stays none. */
    private static final Duration KNOWN_FOR = Duration.ofSeconds(5);

    private static final Duration NONE_FOR = Duration.ofMinutes(1);

    private final EngineHttp http;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    /** @param engines empty for what is no gateway */
    private record Known(List<String> engines, TimeLimit until) {}

    public Gateway(EngineHttp http) {
        this.http = http;
    }

    /** A call to one engine. */
    public interface Call {
        void on(String engine) throws EngineException, InterruptedException;
    }

    /** A question to one engine. */
    public interface Question {
        /** Its word for the weights that it serves; null when it tells none. */
        @Nullable
        String ask(String engine) throws EngineException, InterruptedException;
    }

    /** Those behind the address that the gateway takes for well; the address itself where it is an engine's. */
    public List<String> engines(String address, Duration limit) throws EngineException, InterruptedException {
        Known now = known.get(address);
        if (now == null || !now.until().left().isPositive()) {
            List<String> listed = listed(address, limit);
            now = new Known(listed, http.limit(listed.isEmpty() ? NONE_FOR : KNOWN_FOR));
            known.put(address, now);
        }
        return now.engines().isEmpty() ? List.of(address) : now.engines();
    }

    private List<String> listed(String address, Duration limit) throws EngineException, InterruptedException {
        List<String> engines = new ArrayList<>();
        byte[] answer = http.getIfThere(address + "/workers", limit);
        if (answer == null) {
            return engines;
        }
        JsonNode workers;
        try {
            workers = EngineHttp.json(address, answer).path("workers");
        } catch (EngineException e) {
            // An engine that answers everything, and this with what is no JSON.
            return engines;
        }
        for (JsonNode worker : workers) {
            String url = worker.path("url").asString("");
            if (url.startsWith("http") && worker.path("is_healthy").asBoolean(true)) {
                engines.add(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
            }
        }
        return engines;
    }

    /** To each engine; one that fails is no failure where others are. */
    public void each(String address, Duration limit, Call call) throws EngineException, InterruptedException {
        List<String> engines = engines(address, limit);
        EngineException failure = null;
        int failures = 0;
        for (String engine : engines) {
            try {
                call.on(engine);
            } catch (EngineException e) {
                log.debug("{} behind {}: {}", engine, address, e.getMessage());
                failure = e;
                failures++;
            }
        }
        if (failure != null && failures == engines.size()) {
            throw failure;
        }
    }

    /**
     * The oldest of the versions that engines serve, since each of them may get the next request.
     *
     * @param question asks one of them for its word
     * @return null where one of several tells none, or is not reached from here; a word that is no number is as good as none
     *     among others
     */
    public @Nullable String oldestVersion(String address, Duration limit, Question question)
            throws EngineException, InterruptedException {
        List<String> engines = engines(address, limit);
        if (engines.size() == 1 && engines.getFirst().equals(address)) {
            return question.ask(address);
        }
        String oldest = null;
        for (String engine : engines) {
            @Nullable String word;
            try {
                word = question.ask(engine);
            } catch (EngineException e) {
                log.debug("{} behind {}: {}", engine, address, e.getMessage());
                return null;
            }
            OptionalLong version = VersionWord.number(word);
            if (version.isEmpty()) {
                return null;
            }
            if (oldest == null
                    || version.getAsLong() < VersionWord.number(oldest).orElseThrow()) {
                oldest = word;
            }
        }
        return oldest;
    }
}
