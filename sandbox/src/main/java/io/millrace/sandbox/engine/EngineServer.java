package io.millrace.sandbox.engine;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.engine.http.FaultRoutes;
import io.millrace.sandbox.engine.http.LedgerRoutes;
import io.millrace.sandbox.engine.model.AnswerBook;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.runtime.Engine;
import io.millrace.sandbox.engine.runtime.EngineTime;
import io.millrace.sandbox.engine.runtime.Refusal;
import io.millrace.sandbox.engine.sglang.ControlRoutes;
import io.millrace.sandbox.engine.sglang.GenerateRoutes;
import io.millrace.sandbox.engine.sglang.SglangErrors;
import io.millrace.sandbox.engine.sglang.WeightRoutes;
import io.millrace.sandbox.engine.vllm.VllmControlRoutes;
import io.millrace.sandbox.engine.vllm.VllmErrors;
import io.millrace.sandbox.engine.vllm.VllmRoutes;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stand-in engine as an HTTP server, honest to SGLang's native dialect
 * (sgl-project/sglang python/sglang/srt/entrypoints/http_server.py) or to vLLM's (0.32, as it answered) as far as
 * rollouts use it, without streaming and batches, which it refuses by name. Every request is a blocking handler on a virtual thread.
 *
 * <p>A client that hangs up is not noticed before the answer is written: the request runs to its end. Real engines abort
 * it.
 */
public final class EngineServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineServer.class);
    private static final long MAX_BODY_BYTES = 256L << 20;

    private final Engine engine;
    private final WebServer server;

    private EngineServer(Engine engine, WebServer server) {
        this.engine = engine;
        this.server = server;
    }

    /**
     * Loads the answers and serves until closed.
     *
     * @throws IllegalArgumentException if the answers are malformed
     * @throws java.io.UncheckedIOException if they cannot be read or the port is taken
     */
    public static EngineServer start(EngineSettings settings) {
        return start(settings, EngineTime.system(), WallClock.system());
    }

    /** The same with the caller's clocks. */
    static EngineServer start(EngineSettings settings, EngineTime time, WallClock wallClock) {
        AnswerBook answers = settings.answers() == null ? AnswerBook.EMPTY : AnswerBook.load(settings.answers());
        Engine engine = new Engine(settings, answers, time, wallClock);
        WebServer server = WebServer.builder()
                .host(settings.host())
                .port(settings.port())
                .shutdownHook(false)
                .shutdownGracePeriod(Duration.ofSeconds(2))
                .maxPayloadSize(MAX_BODY_BYTES)
                .connectionOptions(options -> options.tcpNoDelay(true))
                .routing(routing -> route(routing, engine, wallClock))
                .build()
                .start();
        LOG.info(
                "stand-in engine ({}) on {}:{} with {} answers, latency {}",
                settings.dialect(),
                settings.host(),
                server.port(),
                answers.size(),
                settings.latency());
        return new EngineServer(engine, server);
    }

    private static void route(HttpRouting.Builder routing, Engine engine, WallClock wallClock) {
        EngineMetrics metrics = new EngineMetrics(engine);
        Function<Refusal, byte[]> words;
        switch (engine.settings().dialect()) {
            case SGLANG -> {
                words = SglangErrors::json;
                routing.register(new GenerateRoutes(engine))
                        .register(new ControlRoutes(engine, wallClock))
                        .register(new WeightRoutes(engine));
            }
            case VLLM -> {
                words = VllmErrors::json;
                routing.register(new VllmRoutes(engine, wallClock)).register(new VllmControlRoutes(engine, wallClock));
            }
            default -> throw new IllegalStateException("unknown dialect");
        }
        routing.register(new LedgerRoutes(engine))
                .register(new FaultRoutes(engine.faults()))
                .get(
                        "/metrics",
                        (_, response) -> response.header(
                                        HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                                .send(metrics.scrape()))
                .error(Refusal.class, (_, response, refusal) -> send(response, refusal, words))
                .error(
                        HttpException.class,
                        (_, response, e) ->
                                send(response, Refusal.ofHttp(e.status().code(), e.getMessage()), words))
                .error(RuntimeException.class, (request, response, bug) -> {
                    LOG.error("request {} failed", request.path().path(), bug);
                    send(response, Refusal.internal(bug), words);
                });
    }

    private static void send(ServerResponse response, Refusal refusal, Function<Refusal, byte[]> words) {
        response.status(refusal.status()).header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(words.apply(refusal));
    }

    /** The port listened on. */
    public int port() {
        return server.port();
    }

    /** {@code http://host:port}, without a slash at the end. */
    public String url() {
        return "http://" + engine.settings().host() + ":" + port();
    }

    /** Aborts what runs, so that its callers get their answers, and stops. */
    @Override
    public void close() {
        engine.scheduler().close();
        engine.faults().close();
        server.stop();
        engine.close();
    }
}
