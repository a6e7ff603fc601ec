package io.millrace.ops.page;

import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.http.GuardedServer;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.http.OpsServer;
import io.millrace.common.http.lock.Locks;
import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.ops.cluster.RunClients;
import io.millrace.trainer.page.PageRoutes;
import io.millrace.trainer.page.PageWiring;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code millrace page}: serves the page that shows a run, from its topics alone, until told to stop. */
public final class PageCommand extends Command<PageCommand.Settings> {
    private static final Logger log = LoggerFactory.getLogger(PageCommand.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    public PageCommand() {
        super("page", "Serves a page that shows a run, from its topics alone, on this machine.", Settings.class);
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(defaultValue = "127.0.0.1", help = "Address that the page is served on")
            String pageHost,

            @Setting(
                    defaultValue = "9490",
                    range = "0 to 65535",
                    help = "Port of the page; 0 takes a free one and logs it")
            int pagePort,

            @Setting(
                    defaultValue = "16",
                    range = "1 to 256 pages",
                    help = "Pages that may be open at once; each holds a connection")
            int pageReadersMax,

            KafkaSettings kafka,
            HttpDoorSettings door) {}

    @Override
    public int run(Settings settings) throws Exception {
        return ProcessRunner.run("page", STOP_LIMIT, (runner, stops) -> start(settings, stops));
    }

    /** @return the port that is served */
    private static int start(Settings settings, StopSequence stops) throws Exception {
        RunClients run = RunClients.open(settings.kafka(), settings.run(), "millrace-page");
        stops.push("clients", _ -> run.close());
        KafkaClients clients = run.clients();
        PageRoutes page = PageWiring.start(
                run.topics(),
                clients,
                "millrace-page",
                run.admin(),
                RunClients.LIMIT,
                settings.pageReadersMax(),
                Optional::empty,
                stops);
        Locks locks = Locks.of(settings.door().lock(), settings.pageHost(), "--page-host");
        GuardedServer server = GuardedServer.start(
                new GuardedServer.Place(
                        settings.pageHost(),
                        settings.pagePort(),
                        "--page-host and --page-port",
                        settings.door().allowedHosts(),
                        locks,
                        settings.door().tls(),
                        OpsServer.CONNECTIONS_MAX + settings.pageReadersMax(),
                        OpsServer.READ_LIMIT),
                "the page",
                routing -> {
                    page.addTo(routing);
                    errors(routing);
                });
        stops.pushCloseable("server", server);
        stops.pushCloseable("readers of the page", page);
        return server.port();
    }

    private static void errors(HttpRouting.Builder routing) {
        routing.any((request, response) -> OpsServer.sendJson(
                response,
                Status.NOT_FOUND_404,
                Json.object()
                        .put(
                                "error",
                                "no " + request.prologue().method().text() + " "
                                        + request.path().path() + " here")));
        routing.error(
                HttpException.class,
                (request, response, e) -> OpsServer.sendJson(
                        response, e.status(), Json.object().put("error", String.valueOf(e.getMessage()))));
        routing.error(RuntimeException.class, (request, response, e) -> {
            log.error("request for {} failed", request.path().path(), e);
            OpsServer.sendJson(
                    response, Status.INTERNAL_SERVER_ERROR_500, Json.object().put("error", "unexpected: " + e));
        });
    }
}
