package io.millrace.sandbox.demo;

import io.millrace.common.json.Json;
import io.millrace.sandbox.cluster.Child;
import io.millrace.sandbox.cluster.ChildSpec;
import io.millrace.sandbox.cluster.DataFolder;
import io.millrace.sandbox.demo.screen.DemoOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The demo with a real engine: kills what it is told to kill, and has the run audited at its end. */
final class RealDemoRun extends DemoRun {
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
    private static final Duration AUDIT_LIMIT = Duration.ofMinutes(2);

    private final RealDemoSettings settings;
    private final RealSpecs specs;
    private boolean engineKilled;
    private boolean workerKilled;
    private boolean audited;

    RealDemoRun(RealDemoSettings settings, DataFolder folder, DemoOutput output, Runnable onFinished) {
        this(settings, new RealSpecs(settings, folder), folder, output, onFinished);
    }

    private RealDemoRun(
            RealDemoSettings settings, RealSpecs specs, DataFolder folder, DemoOutput output, Runnable onFinished) {
        super(settings.demo(), specs, folder, output, onFinished);
        this.settings = settings;
        this.specs = specs;
    }

    @Override
    void reached(long steps) throws Exception {
        if (!engineKilled && settings.killEngineAt() > 0 && steps >= settings.killEngineAt()) {
            engineKilled = true;
            cluster.killAndRestart(specs.engine(), KILL_LIMIT);
        }
        if (!workerKilled && settings.killWorkerAt() > 0 && steps >= settings.killWorkerAt()) {
            workerKilled = true;
            cluster.killAndRestart(specs.worker(1), KILL_LIMIT);
        }
    }

    @Override
    void trained() throws Exception {
        ChildSpec audit = specs.audit();
        Child running = Child.start(audit, folder.log(audit.name()));
        if (!running.awaitEnd(AUDIT_LIMIT)) {
            running.kill();
            throw new RunFailedException(running.lastWords(5));
        }
        requireGood(running);
        audited = true;
    }

    /** What the trainer measured of the engine's log-probabilities, and whether the audit was clean. */
    @Override
    void addTo(ObjectNode json) throws IOException {
        json.put("audit_clean", audited);
        json.put("engine_killed", engineKilled);
        json.put("worker_killed", workerKilled);
        Path report = folder.trainerReport();
        JsonNode measured = Files.exists(report) ? Json.MAPPER.readTree(Files.readAllBytes(report)) : Json.object();
        for (String name : new String[] {"logprob_gap_max", "logprob_gap_max_by_version", "tokens_compared"}) {
            json.set(name, measured.path(name));
        }
    }
}
