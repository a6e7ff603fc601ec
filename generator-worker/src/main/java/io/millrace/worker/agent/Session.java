package io.millrace.worker.agent;

import io.millrace.common.record.SamplingParams;
import io.millrace.common.time.WallClock;
import io.millrace.worker.agent.chat.AgentReply;
import io.millrace.worker.agent.chat.Answer;
import io.millrace.worker.agent.chat.ApiError;
import io.millrace.worker.agent.chat.Bridge;
import io.millrace.worker.agent.chat.ChatRequest;
import io.millrace.worker.agent.chat.TextRequest;
import io.millrace.worker.agent.chat.Transcript;
import io.millrace.worker.agent.chat.Transcript.Begun;
import io.millrace.worker.attempt.Turn;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.generator.GeneratedSample;
import io.millrace.worker.generator.Rollout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one agent asks for while it works on one task: its requests are answered one after another and recorded. Thread-safe.
 * Once it is closed every request of it is refused, also those under way.
 */
final class Session {
    /** Answers that a client may ask for once more. */
    private static final int REPEATABLE_MAX = 8;

    private interface Question {
        Answer ask(String id) throws ApiError, EngineException, InterruptedException;
    }

    private final Rollout rollout;
    private final AgentSettings settings;
    private final WallClock clock;
    private final String token;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final Transcript transcript = new Transcript();
    /** What the template writes behind an assistant's text, by what else goes into it. */
    private final Map<ObjectNode, int[]> tails = new HashMap<>();

    private final CompletableFuture<EngineException> failure = new CompletableFuture<>();
    private final Map<String, CompletableFuture<Answer>> answers = new HashMap<>();
    private final Deque<String> answered = new ArrayDeque<>();
    private final Set<Thread> asking = new HashSet<>();
    private int begun;
    private @Nullable String closed;

    Session(Rollout rollout, AgentSettings settings, WallClock clock, String token) {
        this.rollout = rollout;
        this.settings = settings;
        this.clock = clock;
        this.token = token;
    }

    /** What its requests must show. */
    String token() {
        return token;
    }

    /** Completed when an engine has failed it for good: the execution can come to nothing. */
    CompletableFuture<EngineException> failure() {
        return failure;
    }

    /** What an agent's answer makes of what has been recorded; nothing is recorded from then on. */
    List<GeneratedSample> samples(AgentReply reply) throws AgentReply.BadReplyException, InterruptedException {
        close("it has been answered");
        turn.lockInterruptibly();
        try {
            return reply.of(transcript);
        } finally {
            turn.unlock();
        }
    }

    /** Whether the agent has asked for anything. */
    synchronized boolean isBegun() {
        return begun > 0;
    }

    /** Refuses what comes from now on, and ends what is under way. */
    void close(String why) {
        synchronized (this) {
            closed = why;
            asking.forEach(Thread::interrupt);
        }
    }

    /**
     * A completion.
     *
     * @param body of the request
     * @param key the same for requests of the same words
     * @param repeated whether the client says that it asks once more, since it has had no answer: it then gets that answer
     */
    Answer chat(JsonNode body, String key, boolean repeated) throws ApiError {
        ChatRequest request = ChatRequest.read(body);
        SamplingParams params =
                request.wishes().params(rollout.samplingParams(), settings.agentSampling() == AgentSampling.AGENT);
        return once(key, repeated, id -> chat(id, request, params));
    }

    /** The same for one that is no chat. */
    Answer text(JsonNode body, String key, boolean repeated) throws ApiError {
        TextRequest request = TextRequest.read(body);
        SamplingParams params =
                request.wishes().params(rollout.samplingParams(), settings.agentSampling() == AgentSampling.AGENT);
        return once(key, repeated, id -> text(id, request, params));
    }

    private Answer once(String key, boolean repeated, Question question) throws ApiError {
        CompletableFuture<Answer> mine = new CompletableFuture<>();
        CompletableFuture<Answer> former;
        synchronized (this) {
            former = repeated ? answers.get(key) : null;
            if (former == null) {
                answers.put(key, mine);
                answered.addLast(key);
                if (answered.size() > REPEATABLE_MAX) {
                    answers.remove(answered.removeFirst());
                }
            }
        }
        if (former != null) {
            return await(former);
        }
        try {
            Answer answer = ask(question);
            mine.complete(answer);
            return answer;
        } catch (ApiError | RuntimeException e) {
            mine.completeExceptionally(e);
            throw e;
        }
    }

    private Answer await(CompletableFuture<Answer> former) throws ApiError {
        try {
            return former.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ApiError error) {
                throw error;
            }
            throw new IllegalStateException("an answer that is awaited failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw over();
        }
    }

    private Answer ask(Question question) throws ApiError {
        String id = begin();
        try {
            turn.lockInterruptibly();
            try {
                checkOpen();
                return question.ask(id);
            } finally {
                turn.unlock();
            }
        } catch (EngineException e) {
            throw failed(e);
        } catch (InterruptedException e) {
            throw over();
        } finally {
            end();
        }
    }

    private synchronized String begin() throws ApiError {
        checkOpen();
        if (begun == settings.agentTurnsMax()) {
            throw new ApiError(
                    403,
                    "turns_exceeded",
                    "this task has had its " + begun + " completions (--agent-turns-max of the worker)");
        }
        begun++;
        asking.add(Thread.currentThread());
        return begun + "-" + token.substring(token.length() - 8);
    }

    private synchronized void end() {
        asking.remove(Thread.currentThread());
        if (closed != null) {
            // It was meant for the question.
            Thread.interrupted();
        }
    }

    private synchronized void checkOpen() throws ApiError {
        if (closed != null) {
            throw over();
        }
    }

    private synchronized ApiError over() {
        return ended(closed == null ? "its attempt has ended" : closed);
    }

    /** What a request of a task is told that is over. */
    static ApiError ended(String why) {
        return new ApiError(410, "task_ended", "this task is over: " + why);
    }

    /** What an engine refuses it would refuse again, and an agent may know better; anything else has been tried enough. */
    private ApiError failed(EngineException e) {
        if (e.kind() == Kind.REFUSED) {
            return ApiError.bad(String.valueOf(e.getMessage()));
        }
        failure.complete(e);
        return new ApiError(502, e.kind().word(), String.valueOf(e.getMessage()));
    }

    private Answer chat(String number, ChatRequest request, SamplingParams params)
            throws EngineException, InterruptedException {
        String id = "chatcmpl-" + number;
        int[] whole = rollout.render(request.rendered());
        Optional<Begun> found = transcript.begun(request);
        int[] between = found.isEmpty() ? null : between(found.get(), request, whole);
        Begun parent = between == null ? null : found.orElseThrow();
        String begins = parent != null
                ? null
                : found.isEmpty()
                        ? transcript.whyAnew(request)
                        : "the template writes its first " + found.get().messages()
                                + " messages otherwise once others follow";
        int[] before = between == null ? whole : between;
        int[] context = parent == null ? whole : Bridge.joined(parent.context(), before);
        Turn drawn = rollout.generate(context, params);
        ObjectNode message = Answer.message(number, drawn, request.tools());
        transcript.record(id, parent, before, drawn, request, message, begins);
        return new Answer(id, settings.agentModel(), clock.millis() / 1000, context.length, drawn, message);
    }

    private int @Nullable [] between(Begun begun, ChatRequest request, int[] whole)
            throws EngineException, InterruptedException {
        int count = begun.messages();
        int[] beginning = rollout.render(request.renderedBeginning(count));
        int[] tail = tails.get(request.template());
        if (tail == null) {
            tail = Bridge.tail(
                    rollout.render(request.renderedWith(count - 1, "a")),
                    rollout.render(request.renderedWith(count - 1, "b")));
            tails.put(request.template(), tail);
        }
        return Bridge.between(begun.generated(), tail, beginning, whole);
    }

    private Answer text(String number, TextRequest request, SamplingParams params)
            throws EngineException, InterruptedException {
        int[] given = request.ids();
        int[] ids = given != null ? given : rollout.tokenize(String.valueOf(request.text()));
        Begun parent = transcript.begun(ids).orElse(null);
        int[] before = parent == null ? ids : Bridge.behind(ids, parent.context().length);
        Turn drawn = rollout.generate(ids, params);
        String id = "cmpl-" + number;
        transcript.record(
                id,
                parent,
                before,
                drawn,
                parent != null
                        ? null
                        : transcript.size() == 0 ? "it is the first" : "its tokens begin with no other's");
        return new Answer(id, settings.agentModel(), clock.millis() / 1000, ids.length, drawn, null);
    }

    /** What the agent is told of its task. */
    ObjectNode task(String taskId, String baseUrl, double secondsLeft) {
        return TaskMessage.of(rollout, taskId)
                .put("base_url", baseUrl)
                .put("api_key", token)
                .put("model", settings.agentModel())
                .put("time_limit_seconds", secondsLeft);
    }
}
