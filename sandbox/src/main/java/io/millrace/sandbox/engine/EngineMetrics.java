package io.millrace.sandbox.engine;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.common.metrics.catalogue.ProcessMetric;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.runtime.Engine;
import io.millrace.sandbox.engine.runtime.EngineCounters;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;

/** The engine's metrics under the names of the engine it stands in for. Counters are read when scraped, so requests pay nothing for them. */
final class EngineMetrics {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final List<Tag> tags;

    EngineMetrics(Engine engine) {
        registry.config().namingConvention(NamingConvention.identity);
        tags = List.of(Tag.of("model_name", engine.settings().modelName()));
        boolean vllm = engine.settings().dialect() == EngineSettings.Dialect.VLLM;
        String of = vllm ? "vllm:" : "sglang:";
        gauge(
                of + (vllm ? "num_requests_running" : "num_running_reqs"),
                "Requests holding a slot.",
                engine,
                e -> e.scheduler().runningCount());
        gauge(
                of + (vllm ? "num_requests_waiting" : "num_queue_reqs"),
                "Requests waiting for a slot.",
                engine,
                e -> e.scheduler().waitingCount());
        if (!vllm) {
            gauge(
                    "sglang:gen_throughput",
                    "Generated tokens per second.",
                    engine,
                    e -> e.counters().throughput.tokensPerSecond());
        }
        EngineCounters counters = engine.counters();
        counter(of + "prompt_tokens", "Prompt tokens of admitted requests.", counters.promptTokens);
        counter(of + "generation_tokens", "Generated tokens.", counters.generationTokens);
        counter(of + "num_requests", "Requests received.", counters.requests);
        counter(of + "num_aborted_requests", "Requests aborted.", counters.aborted);
        ProcessMetric.ENGINE_REJECTED_REQUESTS.counter(
                registry,
                counters.rejected,
                LongAdder::doubleValue,
                engine.settings().modelName());
    }

    private void gauge(String name, String help, Engine engine, ToDoubleFunction<Engine> value) {
        Gauge.builder(name, engine, value).description(help).tags(tags).register(registry);
    }

    private void counter(String name, String help, LongAdder adder) {
        FunctionCounter.builder(name, adder, LongAdder::doubleValue)
                .description(help)
                .tags(tags)
                .register(registry);
    }

    /** All metrics in Prometheus text. */
    String scrape() {
        return registry.scrape();
    }
}
