package io.millrace.worker.agent;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.worker.attempt.TestingTasks;
import io.millrace.worker.attempt.Turn;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.generator.Rollout;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A rollout whose engine renders by the letter and generates as told. Thread-safe. */
final class TestingRollout implements Rollout {
    /** Before a role, and behind a text. */
    static final int OPEN = 2000;

    static final int CLOSE = 1000;

    /** What a request does. */
    @FunctionalInterface
    interface Step {
        Turn take() throws EngineException, InterruptedException;
    }

    private final Deque<Step> script = new ArrayDeque<>();
    private final List<int[]> contexts = new ArrayList<>();
    private final List<SamplingParams> params = new ArrayList<>();
    private @Nullable Duration timeLeft;
    /** Whether the template leaves earlier answers of assistants out. */
    private volatile boolean forgetful;

    TestingRollout within(Duration limit) {
        timeLeft = limit;
        return this;
    }

    void forgets() {
        forgetful = true;
    }

    synchronized TestingRollout then(Step step) {
        script.addLast(step);
        return this;
    }

    /** The next answer, closed as the template closes it. */
    TestingRollout says(String text) {
        return then(() -> turn(text, Finish.STOP, joined(letters(text), CLOSE)));
    }

    static Turn turn(String text, Finish finish, int... tokens) {
        return new Turn(
                text,
                tokens,
                new float[tokens.length],
                finish,
                List.of(new VersionSpan(new WeightVersion(3), 0, tokens.length)),
                SpanProvenance.SPANS,
                List.of("3"),
                0,
                null,
                "http://engine",
                0.5);
    }

    static int[] letters(String text) {
        return text.chars().toArray();
    }

    static int[] joined(int[] one, int... other) {
        int[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /** What turns were generated behind. */
    synchronized List<int[]> contexts() {
        return List.copyOf(contexts);
    }

    synchronized List<SamplingParams> params() {
        return List.copyOf(params);
    }

    @Override
    public TrainingTask task() {
        return TestingTasks.task(5, 4, null);
    }

    @Override
    public int position() {
        return 2;
    }

    @Override
    public long index() {
        return 22;
    }

    @Override
    public boolean evaluation() {
        return false;
    }

    @Override
    public String session() {
        return "session";
    }

    @Override
    public SamplingParams samplingParams() {
        return task().samplingParams();
    }

    @Override
    public Optional<Duration> timeLeft() {
        return Optional.ofNullable(timeLeft);
    }

    @Override
    public int[] tokenize(String text) {
        return letters(text);
    }

    @Override
    public int[] render(ObjectNode chat) {
        int[] all =
                letters(chat.path("tools").isEmpty() ? "" : chat.path("tools").toString());
        JsonNode messages = chat.path("messages");
        for (int i = 0; i < messages.size(); i++) {
            JsonNode message = messages.get(i);
            boolean last = i == messages.size() - 1;
            String text =
                    forgetful && !last && message.path("role").stringValue().equals("assistant")
                            ? ""
                            : message.path("content").asString("");
            all = joined(all, OPEN);
            all = joined(all, letters(message.path("role").stringValue() + "\n" + text));
            all = message.path("tool_calls").isEmpty()
                    ? all
                    : joined(all, letters(message.path("tool_calls").toString()));
            all = joined(all, CLOSE, '\n');
        }
        return chat.path("add_generation_prompt").booleanValue()
                ? joined(joined(all, OPEN), letters("assistant\n"))
                : all;
    }

    @Override
    public Turn generate(int[] context, SamplingParams asked) throws EngineException, InterruptedException {
        Step step;
        synchronized (this) {
            contexts.add(context);
            params.add(asked);
            step = script.isEmpty()
                    ? () -> turn("yes", Finish.STOP, joined(letters("yes"), CLOSE))
                    : script.removeFirst();
        }
        return step.take();
    }
}
