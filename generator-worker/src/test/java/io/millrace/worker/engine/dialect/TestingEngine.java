package io.millrace.worker.engine.dialect;

import io.millrace.worker.engine.dialect.EngineException.Kind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** An engine in memory that fails as told and then answers, or hangs until it is interrupted. Thread-safe. */
public final class TestingEngine implements EngineClient {
    /** What a call does. */
    @FunctionalInterface
    public interface Step {
        Generation take() throws EngineException, InterruptedException;
    }

    private final Deque<Step> script = new ArrayDeque<>();
    private final AtomicReference<@Nullable Kind> asked = new AtomicReference<>();
    private volatile @Nullable String version;
    private final List<String> rids = new ArrayList<>();
    private final List<String> aborted = new ArrayList<>();
    private final List<GenerateRequest> requests = new ArrayList<>();

    /** What the engine says when asked for its version; null, as at first, when it tells none. */
    public TestingEngine serves(@Nullable String version) {
        this.version = version;
        return this;
    }

    /** Asking for the version fails; null ends that. */
    public void failsWhenAsked(@Nullable Kind kind) {
        asked.set(kind);
    }

    /** The next call does this; once the script is through, calls answer. */
    public synchronized TestingEngine then(Step step) {
        script.addLast(step);
        return this;
    }

    public TestingEngine thenFails(Kind kind) {
        return then(() -> {
            throw new EngineException(kind, "told to fail");
        });
    }

    /** Request ids in order of arrival. */
    public synchronized List<String> rids() {
        return List.copyOf(rids);
    }

    /** What is left of the script is not played. */
    public synchronized void forget() {
        script.clear();
    }

    public static Generation answer() {
        return answer(Generation.Finish.STOP, 2);
    }

    public static Generation answer(Generation.Finish finish, int tokens) {
        return new Generation("yes", new int[tokens], new float[tokens], finish, 0, "0", List.of(), null);
    }

    /** Requests to generate, in order of arrival. */
    public synchronized List<GenerateRequest> requests() {
        return List.copyOf(requests);
    }

    private synchronized Step next(String rid) {
        rids.add(rid);
        return script.isEmpty() ? TestingEngine::answer : script.removeFirst();
    }

    @Override
    public Generation generate(String address, GenerateRequest request, Duration limit)
            throws EngineException, InterruptedException {
        synchronized (this) {
            requests.add(request);
        }
        return next(request.rid()).take();
    }

    /** Nothing that is under way here can be aborted. */
    @Override
    public void abort(String address, String rid, Duration limit) {
        synchronized (this) {
            aborted.add(rid);
        }
    }

    /** Request ids that were to be aborted, each as often as it was asked for. */
    public synchronized List<String> aborted() {
        return List.copyOf(aborted);
    }

    @Override
    public @Nullable String weightVersion(String address, Duration limit) throws EngineException {
        Kind failure = asked.get();
        if (failure != null) {
            throw new EngineException(failure, "told to fail");
        }
        return version;
    }

    @Override
    public int[] tokenize(String address, String text, Duration limit) throws EngineException, InterruptedException {
        return next("tokenize").take().tokens();
    }

    @Override
    public int[] render(String address, ObjectNode chat, Duration limit) throws EngineException, InterruptedException {
        return next("render").take().tokens();
    }
}
