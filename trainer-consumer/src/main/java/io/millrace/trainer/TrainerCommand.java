package io.millrace.trainer;

import io.millrace.common.access.Refusals;
import io.millrace.common.access.Role;
import io.millrace.common.cli.Command;
import io.millrace.common.lifecycle.MemoryBudget;
import io.millrace.common.lifecycle.OpenFiles;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.units.ByteSize;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code millrace trainer}: serves a run's batches to the trainer until told to stop. */
public final class TrainerCommand extends Command<TrainerSettings> {
    private static final Logger log = LoggerFactory.getLogger(TrainerCommand.class);

    /** Admin, what is read back, three of a session, three of evaluations, three of the page. */
    private static final int KAFKA_CLIENTS = 11;

    public TrainerCommand() {
        super(
                "trainer",
                "Collects finished groups and serves them to the trainer, one batch per step.",
                TrainerSettings.class);
    }

    @Override
    public int run(TrainerSettings settings) throws Exception {
        // Batches are sent on connections of these.
        OpenFiles.ofThisProcess().require(KAFKA_CLIENTS, TrainerWiring.CONNECTIONS_MAX);
        SequencedMap<String, ByteSize> limits = new LinkedHashMap<>();
        limits.put("--payload-memory-max", settings.payloadMemoryMax());
        limits.put("--parts-memory-max", settings.partsMemoryMax());
        limits.put("--parts-memory-max once more, for evaluations", settings.partsMemoryMax());
        limits.put("--downloads-memory-max", settings.downloads().downloadsMemoryMax());
        String warning = MemoryBudget.ofThisProcess().warning(limits);
        if (warning != null) {
            log.warn("{}", warning);
        }
        return ProcessRunner.run(
                "trainer",
                settings.stopTimeout(),
                new Refusals(Role.TRAINER, new RunTopics(settings.topics().run()), settings.kafka()),
                (runner, stops) -> TrainerWiring.start(settings, runner, stops));
    }
}
