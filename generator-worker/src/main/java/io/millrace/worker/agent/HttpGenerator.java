package io.millrace.worker.agent;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.json.Json;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.worker.agent.AgentException.Kind;
import io.millrace.worker.agent.chat.AgentReply;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.generator.GeneratedSample;
import io.millrace.worker.generator.Generator;
import io.millrace.worker.generator.GeneratorException;
import io.millrace.worker.generator.Generators;
import io.millrace.worker.generator.Rollout;
import io.millrace.worker.retry.RetryPolicy;
import io.millrace.worker.score.outside.RewardKeys;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The generator {@code http}: posts a task to an agent server, which asks for completions through {@link AgentServer} as it
 * likes and says in the end what they are worth. An agent server that is away is waited for; an execution that one breaks
 * off is begun anew, with a session of its own, a few times. Thread-safe.
 */
public final class HttpGenerator implements Generator {
    private static final Logger log = LoggerFactory.getLogger(HttpGenerator.class);

    /** Connections that agents may hold to the endpoint for each slot of the worker. */
    private static final int CONNECTIONS_OF_A_SLOT = 4;

    private final AgentSettings settings;
    private final RewardKeys rewardKeys;
    private final String run;
    private final Sessions sessions;
    private final AgentServer server;
    private final AgentClient client;
    private final RetryPolicy retry;
    private final Ticker ticker;
    private final MeterRegistry registry;

    /**
     * Starts listening.
     *
     * @param url of the agent server
     * @param door names that agents may call this worker by, and its certificate
     * @param slots of the worker
     * @param rewardKeys of the number in a reward that is an object
     * @param retry how long the pauses between tries are
     */
    public HttpGenerator(
            String url,
            AgentSettings settings,
            HttpDoorSettings door,
            int slots,
            RewardKeys rewardKeys,
            String run,
            RetryPolicy retry,
            Ticker ticker,
            WallClock clock,
            MeterRegistry registry) {
        this.settings = settings;
        this.rewardKeys = rewardKeys;
        this.run = run;
        this.sessions = new Sessions(settings, clock);
        this.server = AgentServer.start(settings, door, connections(slots), sessions);
        this.client = new AgentClient(URI.create(url), settings.agentBodyMax().bytes());
        this.retry = retry;
        this.ticker = ticker;
        this.registry = registry;
        WorkerMetric.AGENTS.gauge(registry, sessions, Sessions::count);
        log.info("tasks go to {}, which is told to ask {} for completions", url, server.baseUrl());
    }

    /** Connections at once that agents may hold to a worker of so many slots. */
    public static int connections(int slots) {
        return slots * CONNECTIONS_OF_A_SLOT;
    }

    @Override
    public String name() {
        return Generators.HTTP;
    }

    @Override
    public List<GeneratedSample> generate(Rollout rollout)
            throws EngineException, GeneratorException, InterruptedException {
        Duration limit = rollout.timeLeft()
                .filter(left -> left.compareTo(settings.agentTimeout()) < 0)
                .orElse(settings.agentTimeout());
        long endNanos = ticker.nanos() + limit.toNanos();
        int failed = 0;
        int brokenOff = 0;
        while (true) {
            Session session = sessions.open(rollout);
            String over = "its attempt has ended, at its deadline or for a failure of another sample";
            Duration pause;
            try {
                List<GeneratedSample> samples = once(rollout, session, endNanos);
                over = "it has been answered";
                return samples;
            } catch (AgentException e) {
                over = String.valueOf(e.getMessage());
                WorkerMetric.AGENT_FAILURES.counter(registry, e.kind().word).increment();
                failed++;
                brokenOff += session.isBegun() || e.kind() == Kind.FAILED ? 1 : 0;
                pause = pause(e, failed);
                if (!e.kind().again
                        || brokenOff >= settings.agentAttempts()
                        || endNanos - ticker.nanos() <= pause.toNanos()) {
                    throw new GeneratorException(e.kind().word, over);
                }
                log.info("task of group {} is posted again: {}", rollout.task().groupIndex(), over);
            } catch (EngineException e) {
                over = String.valueOf(e.getMessage());
                throw e;
            } finally {
                // Whatever ended it: what the agent asks from now on is refused.
                sessions.close(session, over);
            }
            Thread.sleep(pause);
        }
    }

    private Duration pause(AgentException e, int failed) {
        Duration pause = retry.pause(failed);
        Duration asked = e.retryAfter();
        return asked == null || asked.compareTo(pause) < 0 ? pause : asked;
    }

    private List<GeneratedSample> once(Rollout rollout, Session session, long endNanos)
            throws AgentException, EngineException, InterruptedException {
        String taskId = run + (rollout.evaluation() ? ".e" : ".g")
                + rollout.task().groupIndex() + ".a" + rollout.task().attempt() + ".s" + rollout.position();
        Duration left = Duration.ofNanos(endNanos - ticker.nanos());
        byte[] task = Json.MAPPER.writeValueAsBytes(session.task(taskId, server.baseUrl(), left.toMillis() / 1e3));
        String rewardKey = rollout.evaluation() ? rewardKeys.evaluation() : rewardKeys.training();
        try {
            byte[] answer = client.post(task, session.failure(), left);
            return session.samples(AgentReply.read(answer, taskId, rewardKey));
        } catch (AgentReply.BadReplyException e) {
            throw new AgentException(Kind.GARBAGE, settings.agentUrl() + ": " + e.getMessage());
        } catch (AgentReply.RefusalException e) {
            throw new AgentException(Kind.REFUSED, settings.agentUrl() + " says: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        server.close();
        client.close();
    }
}
