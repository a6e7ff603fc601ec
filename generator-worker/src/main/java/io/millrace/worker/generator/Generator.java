package io.millrace.worker.generator;

import io.millrace.worker.engine.dialect.EngineException;
import java.util.List;

/**
 * Makes samples in its own way: in several turns, with tools, several at once. A public class with a public constructor
 * without parameters, whose name is a line of a file {@code META-INF/services/io.millrace.worker.generator.Generator} on the
 * class path of the workers; {@code --generator} chooses it by {@link #name}. Called from many threads at once.
 */
public interface Generator extends AutoCloseable {
    /** As the setting has it: 1 to 64 lower-case letters, digits, _ and -. */
    String name();

    /**
     * One execution: answers the prompt once. It runs in one slot from its first line to its last, on a virtual thread of
     * its own, and must end soon when that is interrupted: its attempt has ended then, at its deadline, by another
     * sample's failure or with the worker. An execution that does not heed interrupts holds its slot until it returns.
     *
     * <p>What has been made of an execution that is cut short is thrown away; the group's other executions that are
     * through are kept where it is handed back.
     *
     * @param rollout ends with the call: what is asked of it later fails
     * @return what is trained on, one at least; more than one share a rollout id
     * @throws EngineException when an engine failed in the end; the attempt fails with its kind
     * @throws GeneratorException the same for another reason. Any other exception but interruption is a fault of the
     *     generator, and fails the attempt as {@code generator-broken}
     */
    List<GeneratedSample> generate(Rollout rollout) throws EngineException, GeneratorException, InterruptedException;

    /** The worker ends. */
    @Override
    default void close() {}
}
