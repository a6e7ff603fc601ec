package io.millrace.worker.generate;

import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.generator.GeneratedSample;
import io.millrace.worker.generator.Generator;
import io.millrace.worker.generator.GeneratorException;
import io.millrace.worker.generator.Rollout;
import java.util.List;

/** A generator of a few lines. */
record TestingGenerator(Execution execution) implements Generator {
    /** One. */
    @FunctionalInterface
    interface Execution {
        List<GeneratedSample> of(Rollout rollout) throws EngineException, GeneratorException, InterruptedException;
    }

    @Override
    public String name() {
        return "testing";
    }

    @Override
    public List<GeneratedSample> generate(Rollout rollout)
            throws EngineException, GeneratorException, InterruptedException {
        return execution.of(rollout);
    }
}
