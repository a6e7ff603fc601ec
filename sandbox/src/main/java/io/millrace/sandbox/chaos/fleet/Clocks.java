package io.millrace.sandbox.chaos.fleet;

import io.millrace.sandbox.chaos.spec.ChaosSpecs;
import io.millrace.sandbox.chaos.spec.FaultKind;
import io.millrace.sandbox.chaos.spec.Role;
import io.millrace.sandbox.clock.SteppedClock;
import io.millrace.sandbox.trainer.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Wall clocks of processes that can be made to jump while they run: {@link SteppedClock}. One owner.
 *
 * @param folder for the files
 * @param wanted whether any clock is to jump; else processes are started as ever
 */
public record Clocks(Path folder, boolean wanted) {
    private Path file(Role role, int instance) {
        return folder.resolve(ChaosSpecs.name(role, instance) + ".clock");
    }

    /** Options of its JVM, its clock right unless it was left otherwise; empty for those that keep the machine's. */
    List<String> options(Role role, int instance) {
        if (!wanted || !FaultKind.CLOCK.hits(role)) {
            return List.of();
        }
        Path agent = folder.resolve("stepped-clock.jar");
        try {
            if (!Files.exists(agent)) {
                SteppedClock.writeAgent(agent);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + agent, e);
        }
        Path file = file(role, instance);
        if (!Files.exists(file)) {
            set(role, instance, 0);
        }
        return List.of("-javaagent:" + agent.toAbsolutePath() + "=" + file.toAbsolutePath());
    }

    /** @param seconds that the clock is ahead from now on */
    public void set(Role role, int instance, long seconds) {
        Path file = file(role, instance);
        try {
            WholeFile.write(file, (seconds + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }
}
