package io.millrace.sandbox.trainer;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the simulated trainer saw.
 *
 * @param stepsWanted 0 for no end
 * @param failedSteps steps whose batch was not as it must be
 * @param duplicatesTrained groups that came in more than one acknowledged step
 * @param steps in order
 */
public record TrainerReport(
        long startedAtMs, long stepsWanted, int failedSteps, long duplicatesTrained, List<TrainedStep> steps) {
    public TrainerReport {
        steps = List.copyOf(steps);
    }

    static TrainerReport of(long startedAtMs, long stepsWanted, List<TrainedStep> steps) {
        int failed = (int) steps.stream().filter(step -> !step.batch().good()).count();
        long duplicates =
                steps.stream().mapToLong(step -> step.batch().duplicates()).sum();
        return new TrainerReport(startedAtMs, stepsWanted, failed, duplicates, steps);
    }

    /** Empty while there is none. */
    public static Optional<TrainerReport> read(Path file) throws IOException {
        try {
            return Optional.of(Json.MAPPER.readValue(Files.readAllBytes(file), TrainerReport.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
