package io.millrace.worker;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.worker.agent.HttpGenerator;
import io.millrace.worker.generate.Executions;
import io.millrace.worker.generate.Sampler;
import io.millrace.worker.generator.Generator;
import io.millrace.worker.generator.Generators;
import io.millrace.worker.retry.RetryPolicy;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What makes samples.
 *
 * @param stops gets what is started
 */
record GeneratorWiring(WorkerSettings settings, RetryPolicy retry, MeterRegistry registry, StopSequence stops) {
    /** Null where each sample is one turn. */
    @Nullable
    Executions executions(Sampler sampler) {
        String name = settings.generation().generator();
        if (name.equals(Generators.SINGLE_TURN)) {
            return null;
        }
        Generator made =
                name.equals(Generators.HTTP) ? agents() : Generators.installed().named(name);
        stops.pushCloseable("generator " + name, made);
        return new Executions(made, settings.generation().rolloutSamplesMax(), sampler, Ticker.system());
    }

    private HttpGenerator agents() {
        return new HttpGenerator(
                Objects.requireNonNull(settings.agents().agentUrl()),
                settings.agents(),
                settings.ops().door(),
                settings.slots().slots(),
                settings.reward().judges().keys(),
                settings.topics().run().value(),
                retry,
                Ticker.system(),
                WallClock.system(),
                registry);
    }
}
