package io.millrace.worker;

import io.millrace.common.access.Refusals;
import io.millrace.common.access.Role;
import io.millrace.common.cli.Command;
import io.millrace.common.http.OpsServer;
import io.millrace.common.lifecycle.OpenFiles;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.topics.RunTopics;
import io.millrace.worker.agent.HttpGenerator;
import io.millrace.worker.generator.Generators;
import java.time.Duration;

/** {@code millrace worker}: generates until told to stop. */
public final class WorkerCommand extends Command<WorkerSettings> {
    /** For all stages behind drain and hand-back: the last receipts and status, the clients, the server. */
    private static final Duration STOP_REST = Duration.ofSeconds(20);

    /** Results, status, policy, partials, one of each of the three lanes, and admin at the start. */
    private static final int KAFKA_CLIENTS = 8;

    public WorkerCommand() {
        super(
                "worker",
                "Runs a generator worker: claims prompt groups, generates and scores their samples, publishes results.",
                WorkerSettings.class);
    }

    /** Connections to agents and from them. */
    private static int agents(WorkerSettings settings) {
        int slots = settings.slots().slots();
        return settings.generation().generator().equals(Generators.HTTP) ? slots + HttpGenerator.connections(slots) : 0;
    }

    @Override
    public int run(WorkerSettings settings) throws Exception {
        OpenFiles.ofThisProcess()
                .require(
                        KAFKA_CLIENTS,
                        OpsServer.CONNECTIONS_MAX + agents(settings),
                        "--slots",
                        settings.slots().slots());
        // Engines (uvicorn) close idle connections after 5 s; reusing one later breaks a request. Read once by the
        // JDK's client, hence before the first is made.
        System.setProperty("jdk.httpclient.keepalive.timeout", "3");
        return ProcessRunner.run(
                "worker",
                settings.stop()
                        .patience()
                        .plus(settings.stop().handBackTimeout())
                        .plus(STOP_REST),
                new Refusals(Role.WORKER, new RunTopics(settings.topics().run()), settings.kafka()),
                (runner, stops) -> WorkerWiring.start(settings, runner.health(), runner, stops));
    }
}
