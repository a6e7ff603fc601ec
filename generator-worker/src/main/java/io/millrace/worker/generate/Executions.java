package io.millrace.worker.generate;

import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.generator.GeneratedSample;
import io.millrace.worker.generator.Generator;
import io.millrace.worker.generator.GeneratorException;
import io.millrace.worker.generator.Samples;
import io.millrace.worker.inflight.HeldAttempt;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has a generator make the samples of rollouts, and lets its faults cost their own attempt only. Thread-safe. */
public final class Executions {
    private static final Logger log = LoggerFactory.getLogger(Executions.class);

    private final Generator generator;
    private final int samplesMax;
    private final Sampler sampler;
    private final Ticker ticker;

    /** @param samplesMax of one execution */
    public Executions(Generator generator, int samplesMax, Sampler sampler, Ticker ticker) {
        this.generator = generator;
        this.samplesMax = samplesMax;
        this.sampler = sampler;
        this.ticker = ticker;
    }

    /**
     * One execution; blocks the calling virtual thread, and returns when no request of it is under way any more.
     *
     * @throws GeneratorException when it came to nothing, or to what cannot be published
     */
    List<GeneratedSample> execute(HeldAttempt attempt, int position)
            throws EngineException, GeneratorException, InterruptedException {
        if (!attempt.task().samplingParams().answerTensors().isEmpty()) {
            throw new GeneratorException(
                    "generator-no-tensors",
                    "samples of a generator have no further tensors, and the task asks for "
                            + attempt.task().samplingParams().answerTensors() + " (--answer-tensors of the producer)");
        }
        try (EngineRollout rollout = new EngineRollout(attempt, position, sampler, ticker)) {
            return Samples.checked(generator.generate(rollout), samplesMax);
        } catch (RuntimeException | StackOverflowError e) {
            log.warn("generator {} is broken", generator.name(), e);
            throw new GeneratorException(GeneratorException.BROKEN, "generator " + generator.name() + " threw " + e, e);
        } catch (InterruptedException e) {
            if (attempt.earlyEnd() == null && !sampler.isClosed()) {
                throw new GeneratorException(
                        GeneratorException.BROKEN,
                        "generator " + generator.name() + " was interrupted by itself: " + e.getMessage(),
                        e);
            }
            throw e;
        }
    }
}
