package io.millrace.worker.generator;

import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.worker.attempt.Turn;
import io.millrace.worker.engine.dialect.EngineException;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one execution of a generator is given: its task, and the engines. Thread-safe; requests of one rollout are answered
 * one after another, since it has one slot. Every request is made again where that helps, waits while the trainer updates
 * the weights, and goes on behind its tokens where an engine gives it up, as for a sample of the worker's own; it fails with
 * {@link InterruptedException} once the rollout or its attempt has ended.
 */
public interface Rollout {
    /** Prompt, label, metadata, sampling parameters; its time limit counts from the claim. */
    TrainingTask task();

    /** Its place in the group, from 0. */
    int position();

    /** Its index over the whole run, which its samples share; counted by itself for evaluations. */
    long index();

    /** Whether it is for an evaluation. */
    boolean evaluation();

    /** Names it to gateways in all its requests. */
    String session();

    /** The task's sampling parameters, with a seed of its own where the task has one. */
    SamplingParams samplingParams();

    /** What its attempt has left; empty when there is no limit. */
    Optional<Duration> timeLeft();

    /** The engine's token ids of a text, without special tokens added. */
    int[] tokenize(String text) throws EngineException, InterruptedException;

    /**
     * The token ids of a chat under the engine's template.
     *
     * @param chat {@code messages} and {@code add_generation_prompt}, perhaps {@code tools} and {@code
     *     chat_template_kwargs}, as OpenAI's API has them
     */
    int[] render(ObjectNode chat) throws EngineException, InterruptedException;

    /**
     * Has one turn generated.
     *
     * @param context all tokens so far, one at least; never re-tokenized
     * @param params of this turn alone
     */
    Turn generate(int[] context, SamplingParams params) throws EngineException, InterruptedException;
}
