package io.millrace.worker.engine;

import io.millrace.common.record.WorkersRecord.EngineStatus;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.EngineException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** The worker's engines: each call goes to the least loaded one that is well. Thread-safe. */
public final class EnginePool {
    /** A generation and the engine that made it. */
    public record Made(Generation generation, String address) {}

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
        return call(failed, address -> new Made(client.generate(address, request, limit), address));
    }

    /** The token ids of a text. */
    public int[] tokenize(String text, Duration limit, Set<String> failed)
            throws EngineException, InterruptedException {
        return call(failed, address -> client.tokenize(address, text, limit));
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

    private synchronized void answered(String address, @org.jspecify.annotations.Nullable String weightVersion) {
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
