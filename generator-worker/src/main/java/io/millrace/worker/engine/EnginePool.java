package io.millrace.worker.engine;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.WorkersRecord.EngineStatus;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.VersionWord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

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
    public record Answer(
            Generation generation, String address, @Nullable String versionBefore) {}

    private interface Call<T> {
        T on(String address) throws EngineException, InterruptedException;
    }

    private final EngineClient client;
    private final Ticker ticker;
    private final EngineTable table;
    private final VersionWord.Reading versions;
    private final long behindWaitNanos;
    /** A request waits for an engine to be asked. */
    private boolean curious;
    /** Requests that wait so. */
    private int waiting;
    /** What was waited for in vain is not waited for again. */
    private final InVain inVain = new InVain();

    private long requestsBehind;

    /** Where each request under way is. */
    private final Map<String, String> underWay = new ConcurrentHashMap<>();

    /**
     * How long is waited for what.
     *
     * @param rest how long an engine that could not be reached, or that fails, is left out
     * @param failuresMax failed requests in a row after which it fails
     * @param behindWait how long a request waits for an engine with weights as new as it asks for, while all that are
     *     well are known to serve older ones; {@link #askVersions} must be called meanwhile
     */
    public record Rules(Duration rest, int failuresMax, Duration behindWait) {}

    /** Without a bound on failures. */
    public EnginePool(
            List<String> addresses,
            EngineClient client,
            VersionWord.Reading versions,
            Ticker ticker,
            Duration rest,
            Duration behindWait) {
        this(addresses, client, versions, ticker, new Rules(rest, Integer.MAX_VALUE, behindWait));
    }

    public EnginePool(
            List<String> addresses, EngineClient client, VersionWord.Reading versions, Ticker ticker, Rules rules) {
        this.versions = versions;
        this.client = client;
        this.ticker = ticker;
        this.behindWaitNanos = rules.behindWait().toNanos();
        this.table = new EngineTable(addresses, rules.rest().toNanos(), rules.failuresMax(), versions);
    }

    /** @return whether that is new */
    public synchronized boolean add(String address) {
        boolean added = table.add(address);
        notifyAll();
        return added;
    }

    /**
     * Takes an engine off: it gets nothing more, and what it has under way is ended by {@link #endTakenOff}, so that it goes
     * on elsewhere.
     *
     * @return whether it was there
     */
    public synchronized boolean takeOff(String address) {
        boolean there = table.takeOff(address);
        stir();
        notifyAll();
        return there;
    }

    /** Asks engines that were taken off to end what they have under way; again and again, since they may miss it. */
    void endTakenOff() throws InterruptedException {
        List<Map.Entry<String, String>> there;
        synchronized (this) {
            there = underWay.entrySet().stream()
                    .filter(request -> table.isTakenOff(request.getValue()))
                    .toList();
        }
        abort(there);
    }

    /**
     * One try of one sample, on an engine that serves at least the given version, where engines tell. When all that are
     * well serve older weights it waits for one to be updated; a wait in vain is not repeated for the same version of a
     * lineage, since then the trainer and the engines count differently, and the request goes to one of them all the same.
     *
     * @param leastVersion the version the sample's task was issued at
     * @param failed addresses that failed earlier tries; this try's is added when it fails
     */
    public Answer generate(GenerateRequest request, WeightVersion leastVersion, Duration limit, Set<String> failed)
            throws EngineException, InterruptedException {
        return call(failed, leastVersion.value(), address -> {
            // Before the request leaves: an engine's versions only rise, so none of its tokens is older than this.
            String versionBefore = versionBefore(address);
            underWay.put(request.rid(), address);
            try {
                return new Answer(client.generate(address, request, limit), address, versionBefore);
            } finally {
                underWay.remove(request.rid());
            }
        });
    }

    /** Reads what engines call their weights. */
    public VersionWord.Reading versions() {
        return versions;
    }

    /** The token ids of a text. */
    public int[] tokenize(String text, Duration limit, Set<String> failed)
            throws EngineException, InterruptedException {
        return call(failed, 0, address -> client.tokenize(address, text, limit));
    }

    /** The token ids of a chat under the engine's template; see {@link EngineClient#render}. */
    public int[] render(ObjectNode chat, Duration limit, Set<String> failed)
            throws EngineException, InterruptedException {
        return call(failed, 0, address -> client.render(address, chat, limit));
    }

    /**
     * Asks the engines to end every request that is under way, all at once; the answers then have what was generated so
     * far. Returns when they have been asked, not when they have answered; a request that had only just left may have
     * been missed.
     */
    public void abortAll() throws InterruptedException {
        abort(List.copyOf(underWay.entrySet()));
    }

    private void abort(List<Map.Entry<String, String>> requests) throws InterruptedException {
        each(requests, request -> {
            try {
                client.abort(request.getValue(), request.getKey(), ASK_LIMIT);
            } catch (EngineException e) {
                log.debug("{} does not abort {}: {}", request.getValue(), request.getKey(), e.getMessage());
            }
        });
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
        each(statuses(), engine -> ask(engine.address()));
    }

    private interface Question<T> {
        void ask(T one) throws InterruptedException;
    }

    private static <T> void each(List<T> all, Question<T> question) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (T one : all) {
                threads.execute(() -> {
                    try {
                        question.ask(one);
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
            told(address, version);
            return version;
        } catch (EngineException e) {
            log.debug("{} does not say which weights it serves: {}", address, e.getMessage());
            silent(address, e.kind() == Kind.UNREACHABLE || e.kind() == Kind.TIMED_OUT);
            return null;
        }
    }

    private <T> T call(Set<String> failed, long leastVersion, Call<T> call)
            throws EngineException, InterruptedException {
        String address = acquire(failed, leastVersion);
        boolean ended = false;
        try {
            T result = call.on(address);
            ended = true;
            answered(
                    address,
                    result instanceof Answer answer ? answer.generation().weightVersion() : null);
            return result;
        } catch (EngineException e) {
            ended = true;
            failed.add(address);
            ended(address, e.kind());
            throw e;
        } finally {
            if (!ended) {
                abandoned(address);
            }
        }
    }

    private synchronized String acquire(Set<String> avoid, long leastVersion)
            throws EngineException, InterruptedException {
        long startNanos = ticker.nanos();
        while (true) {
            if (table.isEmpty()) {
                throw new EngineException(
                        Kind.UNREACHABLE, "every engine of this worker was taken off (DELETE /engines); POST adds one");
            }
            long nowNanos = ticker.nanos();
            long leftNanos = behindWaitNanos - (nowNanos - startNanos);
            boolean anyVersion = leftNanos <= 0 || inVain.contains(versions.lineage(), leastVersion);
            EngineTable.Pick pick = table.acquire(nowNanos, avoid, leastVersion, anyVersion);
            if (pick != null) {
                if (pick.behind()) {
                    behind(pick, leastVersion);
                }
                return pick.address();
            }
            awaitNews(leftNanos);
        }
    }

    private void awaitNews(long limitNanos) throws InterruptedException {
        stir();
        waiting++;
        try {
            TimeUnit.NANOSECONDS.timedWait(this, limitNanos);
        } finally {
            waiting--;
        }
    }

    private void behind(EngineTable.Pick pick, long leastVersion) {
        requestsBehind++;
        if (inVain.add(versions.lineage(), leastVersion)) {
            log.warn(
                    "no engine that is well serves weights of version {}, at which tasks were issued, nor newer ones; {}"
                            + " gets them with version {}. Ready must mean that every engine has the version",
                    leastVersion,
                    pick.address(),
                    table.weightVersion(pick.address()));
        }
    }

    /** Returns when a request waits for news of the engines' versions, at the latest after this time. */
    synchronized void awaitCurious(Duration limit) throws InterruptedException {
        long startNanos = ticker.nanos();
        long leftNanos = limit.toNanos();
        while (!curious && leftNanos > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, leftNanos);
            leftNanos = limit.toNanos() - (ticker.nanos() - startNanos);
        }
        curious = false;
    }

    /** Ends {@link #awaitCurious}. */
    synchronized void stir() {
        // Once: requests that wait would wake each other without end.
        if (!curious) {
            curious = true;
            notifyAll();
        }
    }

    /** Requests that went to an engine known to serve weights older than their task asks for. */
    public synchronized long requestsBehind() {
        return requestsBehind;
    }

    /** Requests that wait for an engine to be updated. */
    public synchronized int waitingForWeights() {
        return waiting;
    }

    private synchronized void told(String address, @Nullable String version) {
        table.told(address, version);
        notifyAll();
    }

    private synchronized void silent(String address, boolean away) {
        table.silent(address);
        if (away) {
            table.away(address);
        }
        notifyAll();
    }

    private synchronized void answered(String address, @Nullable String weightVersion) {
        table.answered(address, weightVersion);
        notifyAll();
    }

    private synchronized void ended(String address, Kind kind) {
        switch (kind) {
            case UNREACHABLE -> table.unreachable(address, ticker.nanos());
            case FAILED, TIMED_OUT, MALFORMED -> table.failed(address, ticker.nanos());
            case OVERLOADED -> table.busy(address);
            case REFUSED, ABORTED -> table.answered(address, null);
            default -> throw new IllegalStateException("an unknown kind " + kind);
        }
        notifyAll();
    }

    private synchronized void abandoned(String address) {
        table.abandoned(address);
    }

    /** How many are well. */
    public synchronized long wellEngines() {
        return table.statuses().stream().filter(EngineStatus::healthy).count();
    }

    /** Every engine as seen now. */
    public synchronized List<EngineStatus> statuses() {
        return table.statuses();
    }
}
