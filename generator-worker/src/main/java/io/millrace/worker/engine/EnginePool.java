package io.millrace.worker.engine;

import io.millrace.common.record.WorkersRecord.EngineStatus;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.EngineException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The worker's engines: each call goes to the least loaded one that is well. Thread-safe. */
public final class EnginePool {
    private static final Logger log = LoggerFactory.getLogger(EnginePool.class);

    /** An engine that is well says its version at once; one that does not is no reason to wait. */
    private static final Duration ASK_LIMIT = Duration.ofSeconds(2);

    /**
     * A generation and the engine that made it.
     *
     * @param versionBefore what the engine had told of its weights before the request was sent; null when nothing
     */
    public record Made(
            Generation generation, String address, @Nullable String versionBefore) {}

    private interface Call<T> {
        T on(String address) throws EngineException, InterruptedException;
    }

    private final EngineClient client;
    private final Ticker ticker;
    private final EngineTable table;

    /** @param rest how long an engine that could not be reached is left out */
    public EnginePool(List<String> addresses, EngineClient client, Ticker ticker, Duration rest) {
        this.client = client;
        this.ticker = ticker;
        this.table = new EngineTable(addresses, rest.toNanos());
    }

    /**
     * One try of one sample.
     *
     * @param failed addresses that failed earlier tries; this try's is added when it fails
     */
    public Made generate(GenerateRequest request, Duration limit, Set<String> failed)
            throws EngineException, InterruptedException {
        return call(failed, address -> {
            // Before the request leaves: an engine's versions only rise, so none of its tokens is older than this.
            String versionBefore = versionBefore(address);
            return new Made(client.generate(address, request, limit), address, versionBefore);
        });
    }

    /** The token ids of a text. */
    public int[] tokenize(String text, Duration limit, Set<String> failed)
            throws EngineException, InterruptedException {
        return call(failed, address -> client.tokenize(address, text, limit));
    }

    private @Nullable String versionBefore(String address) throws InterruptedException {
        synchronized (this) {
            if (!table.unasked(address)) {
                return table.weightVersion(address);
            }
        }
        return ask(address);
    }

    /**
     * Asks every engine which version it serves, all at once; returns when each has answered or the time for it is up.
     * The more often, the closer the bracket around answers that tell one version only.
     */
    public void askVersions() throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (EngineStatus engine : statuses()) {
                threads.execute(() -> {
                    try {
                        ask(engine.address());
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private @Nullable String ask(String address) throws InterruptedException {
        try {
            String version = client.weightVersion(address, ASK_LIMIT);
            synchronized (this) {
                table.told(address, version);
            }
            return version;
        } catch (EngineException e) {
            log.debug("{} does not say which weights it serves: {}", address, e.getMessage());
            synchronized (this) {
                table.silent(address);
            }
            return null;
        }
    }

    private <T> T call(Set<String> failed, Call<T> call) throws EngineException, InterruptedException {
        String address = acquire(failed);
        boolean ended = false;
        try {
            T result = call.on(address);
            ended = true;
            answered(address, result instanceof Made made ? made.generation().weightVersion() : null);
            return result;
        } catch (EngineException e) {
            ended = true;
            failed.add(address);
            if (e.kind() == Kind.UNREACHABLE) {
                unreachable(address);
            } else {
                answered(address, null);
            }
            throw e;
        } finally {
            if (!ended) {
                abandoned(address);
            }
        }
    }

    private synchronized String acquire(Set<String> avoid) {
        return table.acquire(ticker.nanos(), avoid);
    }

    private synchronized void answered(String address, @Nullable String weightVersion) {
        table.answered(address, weightVersion);
    }

    private synchronized void unreachable(String address) {
        table.unreachable(address, ticker.nanos());
    }

    private synchronized void abandoned(String address) {
        table.abandoned(address);
    }

    /** Every engine as seen now. */
    public synchronized List<EngineStatus> statuses() {
        return table.views(ticker.nanos()).stream()
                .map(view -> new EngineStatus(view.address(), view.healthy(), view.inFlight(), view.weightVersion()))
                .toList();
    }
}
