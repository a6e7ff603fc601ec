package io.millrace.sandbox.cli;

import io.millrace.common.config.SettingsBinder;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.producer.ProducerSettings;
import io.millrace.producer.ProducerWiring;
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.trainer.SimulatedTrainerCommand;
import io.millrace.sandbox.trainer.SimulatedTrainerSettings;
import io.millrace.trainer.TrainerSettings;
import io.millrace.trainer.TrainerWiring;
import io.millrace.worker.WorkerSettings;
import io.millrace.worker.WorkerWiring;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Starts broker, engine, producer, worker, trainer consumer and simulated trainer in this process. */
final class Rehearsal {
    private static final String LOOPBACK = "http://127.0.0.1:";

    private final RehearsalCommand.Settings settings;
    private final Path folder;
    private final ProcessRunner runner;
    private final StopSequence stops;
    private final Map<String, String> run = new HashMap<>();

    Rehearsal(RehearsalCommand.Settings settings, Path folder, ProcessRunner runner, StopSequence stops) {
        this.settings = settings;
        this.folder = folder;
        this.runner = runner;
        this.stops = stops;
    }

    /** The simulated trainer asks for the end when its steps are done. */
    void start() throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(
                bind(BrokerSettings.class, Map.of("kafka-port", "0", "data-dir", "" + folder, "keep-data", "false")));
        stops.pushCloseable("broker", broker);
        String dataset = settings.dataset().toString();
        EngineServer engine = EngineServer.start(bind(
                EngineSettings.class,
                Map.of("engine-port", "0", "answers", dataset, "latency-median", "20ms", "filler-median", "64")));
        stops.pushCloseable("engine", engine);

        run.putAll(Map.of("run", "rehearsal", "bootstrap", "127.0.0.1:" + broker.port()));
        Map<String, String> batch = Map.of("batch-groups", "8", "samples-per-group", "4");
        int port = TrainerWiring.start(
                bind(TrainerSettings.class, with(batch, Map.of("trainer-port", "0"))), runner, stops);
        ProducerSettings producer = bind(
                ProducerSettings.class,
                with(batch, Map.of("dataset", dataset, "reward-type", "dapo", "ops-port", "0")));
        ProducerWiring.start(producer, runner.health(), runner, stops);
        WorkerSettings worker = bind(
                WorkerSettings.class,
                with(Map.of("engine-url", engine.url(), "slots", "32", "ops-port", "0"), Map.of()));
        WorkerWiring.start(worker, runner.health(), runner, stops);
        SimulatedTrainerCommand.start(
                bind(
                        SimulatedTrainerSettings.class,
                        Map.of(
                                "trainer-url",
                                LOOPBACK + port,
                                "engine-url",
                                engine.url(),
                                "steps",
                                Integer.toString(settings.steps()),
                                "train-time",
                                "100ms",
                                "batch-groups",
                                "8",
                                "samples-per-group",
                                "4")),
                runner,
                stops);
    }

    private Map<String, String> with(Map<String, String> first, Map<String, String> second) {
        Map<String, String> all = new HashMap<>(run);
        all.putAll(first);
        all.putAll(second);
        return all;
    }

    private static <T extends Record> T bind(Class<T> settings, Map<String, String> flags) {
        return SettingsBinder.of(settings, flags);
    }
}
