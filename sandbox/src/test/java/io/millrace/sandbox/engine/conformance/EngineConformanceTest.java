package io.millrace.sandbox.engine.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.millrace.common.json.Json;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.engine.model.RoutedExperts;
import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.Generation.Span;
import io.millrace.worker.engine.dialect.Media;
import io.millrace.worker.engine.dialect.TensorPiece;
import io.millrace.worker.engine.dialect.VersionWord;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The same of every engine: the stand-in in each dialect, and real ones where the environment names them. */
@ParameterizedClass
@MethodSource("subjects")
@Timeout(120)
class EngineConformanceTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String PROMPT = "12+34=";
    /** Less than the context leaves; a few hundred milliseconds. */
    private static final int LONG = 240;
    /** Of something that has to happen while an engine generates. */
    private static final int TRIES = 50;

    @Parameter
    Subject subject;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final EngineHttp http = new EngineHttp(Ticker.system(), Duration.ofSeconds(5), 16 << 20);
    private Subject.Running engine;
    private EngineClient client;

    static List<Subject> subjects() {
        return Subject.here();
    }

    @BeforeEach
    void start() {
        engine = subject.start();
        client = subject.dialect.client(http);
    }

    @AfterEach
    void stop() throws Exception {
        engine.resume();
        http.close();
        threads.shutdownNow();
        engine.close();
    }

    private static SamplingParams greedy(int maxNewTokens, ObjectNode extra) {
        return new SamplingParams(0, 1, -1, maxNewTokens, List.of(), List.of(), true, extra);
    }

    /** Exactly so many tokens of a sampled answer, whatever the model would say. */
    private static SamplingParams exactly(int tokens) {
        return new SamplingParams(
                1, 1, -1, tokens, List.of(), List.of(), true, Json.object().put("ignore_eos", true));
    }

    private static GenerateRequest request(int[] prompt, SamplingParams params) {
        return new GenerateRequest(UUID.randomUUID().toString(), "s", prompt, null, params, 0, 0);
    }

    private int[] prompt() throws Exception {
        return client.tokenize(engine.address, PROMPT, LIMIT);
    }

    /** What it generates, after checks that hold for every answer. */
    private Generation generate(GenerateRequest request) throws EngineException, InterruptedException {
        Generation answer = client.generate(engine.address, request, LIMIT);
        assertEquals(answer.tokens().length, answer.logProbs().length);
        assertTrue(answer.tokens().length <= request.maxNewTokens(), () -> answer.tokens().length + " tokens");
        assertTrue(answer.tokens().length > 0 || answer.finish() == Finish.ABORT, "it has tokens");
        for (float logProb : answer.logProbs()) {
            assertTrue(Float.isFinite(logProb) && logProb <= 0, () -> "a log-probability is " + logProb);
        }
        assertEquals(
                subject.tellsSpans && answer.tokens().length > 0,
                !answer.spans().isEmpty(),
                "it tells spans");
        return answer;
    }

    private Future<Generation> later(GenerateRequest request) {
        return threads.submit(() -> generate(request));
    }

    private static Generation get(Future<Generation> answer) throws Exception {
        return answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Returns while the request is generated, or when it is over already; looks so often once it is. */
    private void awaitGenerating(Future<Generation> answer, int looks) throws Exception {
        while (engine.generating() == 0 && !answer.isDone()) {
            Thread.onSpinWait();
        }
        for (int i = 0; i < looks && !answer.isDone(); i++) {
            var _ = engine.generating();
        }
    }

    private long version() throws Exception {
        return VersionWord.number(client.weightVersion(engine.address, LIMIT)).orElse(0);
    }

    private static long number(Span span) {
        // Before the first update it is called default, in a dialect whose client leaves it so.
        return VersionWord.number(span.version()).orElse(0);
    }

    @Test
    void theTextIsThatOfTheTokens() throws Exception {
        Generation answer = generate(request(prompt(), greedy(200, Json.object())));
        assertEquals(Finish.STOP, answer.finish());
        int[] spoken = client.tokenize(engine.address, answer.text(), LIMIT);
        assertArrayEquals(
                Arrays.copyOf(answer.tokens(), answer.tokens().length - 1),
                spoken,
                "all but the token that ends the sample, which is special and left out");
    }

    /** What agents' messages become: the same tokens as the text, and more messages behind those that were there. */
    @Test
    void chatsAreTokenizedUnderTheTemplateWithTheirTools() throws Exception {
        assumeFalse(subject.isReal(), "the real model has no chat template");
        ObjectNode chat = Json.object().put("add_generation_prompt", false);
        ArrayNode messages = chat.putArray("messages");
        messages.addObject().put("role", "user").put("content", "12+34=");
        int[] begun = client.render(engine.address, chat, LIMIT);
        assertArrayEquals(client.tokenize(engine.address, "<|im_start|>user\n12+34=<|im_end|>\n", LIMIT), begun);
        chat.put("add_generation_prompt", true);
        int[] asked = client.render(engine.address, chat, LIMIT);
        assertArrayEquals(
                client.tokenize(engine.address, "<|im_start|>user\n12+34=<|im_end|>\n<|im_start|>assistant\n", LIMIT),
                asked);
        chat.putArray("tools")
                .addObject()
                .put("type", "function")
                .putObject("function")
                .put("name", "add");
        int[] offered = client.render(engine.address, chat, LIMIT);
        assertArrayEquals(asked, Arrays.copyOfRange(offered, offered.length - asked.length, offered.length));
        assertTrue(offered.length > asked.length);
        chat.putArray("messages");
        assertEquals(
                EngineException.Kind.REFUSED,
                assertThrows(EngineException.class, () -> client.render(engine.address, chat, LIMIT))
                        .kind());
    }

    @Test
    void theExpertsOfEachTokenButTheLastComeFromWhereTheyAreAskedFor() throws Exception {
        assumeFalse(subject.isReal(), "the real model has no experts");
        int[] prompt = prompt();
        SamplingParams params =
                new SamplingParams(0, 1, -1, 200, List.of(), List.of(), true, Json.object(), List.of("routed_experts"));
        TensorPiece all = experts(new GenerateRequest("all", "s", prompt, null, params, 0, 0, null, Media.NONE, 0));
        TensorPiece rest = experts(new GenerateRequest("rest", "s", prompt, null, params, 0, 5, null, Media.NONE, 0));
        assertEquals(0, all.start());
        assertEquals(5, rest.start());
        assertEquals(all.rows(), 5 + rest.rows());
        int rowBytes = Subject.EXPERT_LAYERS
                * Subject.EXPERT_TOPK
                * Tensor.width(all.tensor().dtype());
        assertEquals(all.rows() * rowBytes, all.tensor().data().length);
        byte[] tail = Arrays.copyOfRange(
                all.tensor().data(), 5 * rowBytes, all.tensor().data().length);
        assertArrayEquals(tail, rest.tensor().data());
        assertEquals(
                RoutedExperts.expert(prompt[1], 1, 0, 0, "default"),
                all.tensor().data()[rowBytes],
                "those of the second token");
    }

    private TensorPiece experts(GenerateRequest request) throws Exception {
        Generation answer = generate(request);
        assertEquals(1, answer.tensors().size());
        TensorPiece experts = answer.tensors().getFirst();
        assertEquals(prompt().length + answer.tokens().length - 1, experts.start() + experts.rows());
        return experts;
    }

    @Test
    void furtherSamplingParametersAreTakenAndOneOutOfItsRangeIsRefused() throws Exception {
        ObjectNode further = Json.object()
                .put("min_p", 0.05)
                .put("repetition_penalty", 1.1)
                .put("presence_penalty", 0.1)
                .put("frequency_penalty", 0.1);
        // Of SGLang alone; others pass it over.
        further.putObject("custom_params").put("mine", 1);
        generate(request(prompt(), greedy(20, further)));
        EngineException told = assertThrows(
                EngineException.class,
                () -> generate(request(prompt(), greedy(20, Json.object().put("min_p", 2)))));
        assertEquals(EngineException.Kind.REFUSED, told.kind(), told::getMessage);
        assertTrue(told.getMessage().contains("min_p"), told::getMessage);
    }

    @Test
    void aPromptAsTextIsThatOfItsTokens() throws Exception {
        Generation ofTokens = generate(request(prompt(), greedy(200, Json.object())));
        Generation ofText = client.generate(
                engine.address,
                new GenerateRequest("text", "s", null, PROMPT, greedy(200, Json.object()), 0, 0),
                LIMIT);
        assertArrayEquals(ofTokens.tokens(), ofText.tokens());
        assertEquals(ofTokens.text(), ofText.text());
    }

    @Test
    void aLimitOfTokensEndsASample() throws Exception {
        Generation answer = generate(request(prompt(), exactly(20)));
        assertEquals(Finish.LENGTH, answer.finish());
        assertEquals(20, answer.tokens().length);
    }

    @Test
    void aStopStringEndsASampleAndStaysInIt() throws Exception {
        Generation whole = generate(request(prompt(), greedy(200, Json.object())));
        String stop = whole.text().substring(1, 2);
        Generation answer = generate(
                request(prompt(), new SamplingParams(0, 1, -1, 200, List.of(stop), List.of(), true, Json.object())));
        assertEquals(Finish.STOP, answer.finish());
        assertEquals(whole.text().substring(0, whole.text().indexOf(stop) + 1), answer.text());
        assertArrayEquals(client.tokenize(engine.address, answer.text(), LIMIT), answer.tokens());
    }

    @Test
    void aStopTokenEndsASampleAndStaysInIt() throws Exception {
        Generation whole = generate(request(prompt(), greedy(200, Json.object())));
        Generation answer = generate(request(
                prompt(),
                new SamplingParams(0, 1, -1, 200, List.of(), List.of(whole.tokens()[1]), true, Json.object())));
        assertEquals(Finish.STOP, answer.finish());
        assertEquals(whole.tokens()[1], answer.tokens()[answer.tokens().length - 1]);
        assertArrayEquals(client.tokenize(engine.address, answer.text(), LIMIT), answer.tokens());
    }

    @Test
    void aSampleGoesOnBehindItsTokensWithinItsLimit() throws Exception {
        int[] prompt = prompt();
        Generation begun = generate(request(prompt, exactly(30)));
        int[] input = Arrays.copyOf(prompt, prompt.length + 30);
        System.arraycopy(begun.tokens(), 0, input, prompt.length, 30);
        Generation rest =
                generate(new GenerateRequest(UUID.randomUUID().toString(), "s", input, null, exactly(50), 30, 0));
        assertEquals(Finish.LENGTH, rest.finish());
        assertEquals(20, rest.tokens().length, "what is new, up to the limit of the whole");
    }

    @Test
    void theLeastLengthIsThatOfTheWholeSample() throws Exception {
        Generation answer = generate(request(prompt(), greedy(200, Json.object().put("min_new_tokens", 150))));
        assertTrue(answer.tokens().length >= 150, () -> answer.tokens().length + " tokens");
    }

    @Test
    void aSeedMakesTheSameSampleTwice() throws Exception {
        ObjectNode seed = Json.object().put(SamplingParams.SEED, 7).put("ignore_eos", true);
        SamplingParams params = new SamplingParams(1, 1, -1, 40, List.of(), List.of(), true, seed);
        assertArrayEquals(
                generate(request(prompt(), params)).tokens(),
                generate(request(prompt(), params)).tokens());
    }

    @Test
    void anyPrecedenceIsTaken() throws Exception {
        for (int precedence : new int[] {-2, 0, 5}) {
            Generation answer = generate(
                    new GenerateRequest(UUID.randomUUID().toString(), "s", prompt(), null, exactly(5), 0, precedence));
            assertEquals(5, answer.tokens().length);
        }
    }

    @Test
    void theVersionIsTheLastOneNamed() throws Exception {
        long version = version() + 1;
        engine.nameWeights(Long.toString(version));
        assertEquals(version, version());
        assertEquals(
                Long.toString(version), generate(request(prompt(), exactly(5))).weightVersion());
    }

    @Test
    void anUpdateInTheMiddleIsToldTokenByToken() throws Exception {
        int[] prompt = prompt();
        boolean seen = false;
        for (int i = 0; i < TRIES && !seen; i++) {
            long before = version();
            Future<Generation> pending = later(request(prompt, exactly(LONG)));
            awaitGenerating(pending, i);
            engine.pauseAndKeep();
            engine.nameWeights(Long.toString(before + 1));
            engine.resume();
            Generation answer = get(pending);
            assertEquals(Finish.LENGTH, answer.finish(), "the pause ends nothing");
            assertEquals(LONG, answer.tokens().length);
            List<Long> versions =
                    answer.spans().stream().map(EngineConformanceTest::number).toList();
            assertTrue(
                    List.of(List.of(before), List.of(before + 1), List.of(before, before + 1), List.<Long>of())
                            .contains(versions),
                    () -> versions + " after " + before);
            seen = versions.size() == 2 || !subject.tellsSpans;
        }
        assertTrue(seen, "no update of " + TRIES + " came in the middle of a sample");
    }

    @Test
    void whatIsSentDuringAPauseWaitsForItsEnd() throws Exception {
        long before = version();
        engine.pauseAndKeep();
        Future<Generation> pending = later(request(prompt(), exactly(20)));
        engine.nameWeights(Long.toString(before + 1));
        assertFalse(pending.isDone());
        engine.resume();
        Generation answer = get(pending);
        assertEquals(Finish.LENGTH, answer.finish());
        assertEquals(Long.toString(before + 1), answer.weightVersion());
        assertTrue(answer.spans().size() <= 1, () -> answer.spans().toString());
    }

    @Test
    void aRequestThatIsEndedByItsIdKeepsItsTokens() throws Exception {
        int[] prompt = prompt();
        boolean seen = false;
        for (int i = 0; i < TRIES && !seen; i++) {
            GenerateRequest request = request(prompt, exactly(LONG));
            Future<Generation> pending = later(request);
            awaitGenerating(pending, i);
            client.abort(engine.address, request.rid(), LIMIT);
            Generation answer = get(pending);
            assertEquals(answer.tokens().length < LONG ? Finish.ABORT : Finish.LENGTH, answer.finish());
            seen = answer.finish() == Finish.ABORT && answer.tokens().length > 0;
        }
        assertTrue(seen, "no abort of " + TRIES + " came in the middle of a sample");
    }

    @Test
    void endingOneRequestLeavesTheOthers() throws Exception {
        GenerateRequest first = request(prompt(), exactly(LONG));
        GenerateRequest other = request(prompt(), exactly(LONG));
        engine.pauseAndKeep();
        Future<Generation> ended = later(first);
        Future<Generation> left = later(other);
        // Held by the pause; one that the engine does not know yet is asked for again.
        while (!ended.isDone()) {
            client.abort(engine.address, first.rid(), LIMIT);
        }
        engine.resume();
        assertEquals(Finish.ABORT, get(ended).finish());
        assertEquals(Finish.LENGTH, get(left).finish());
    }

    @Test
    void endingWhatIsNotThereIsNoFailure() throws Exception {
        client.abort(engine.address, "nobody", LIMIT);
    }

    @Test
    void whatTheEngineCannotDoIsRefusedInItsWords() throws Exception {
        int[] tooLong = new int[Subject.CONTEXT_TOKENS + 50];
        Arrays.fill(tooLong, prompt()[0]);
        assertRefused(request(tooLong, greedy(5, Json.object())), Integer.toString(Subject.CONTEXT_TOKENS));
        assertRefused(request(new int[] {99_999}, greedy(5, Json.object())), "99999");
        assertRefused(request(prompt(), greedy(5, Json.object().put("min_p", 7))), "min_p must be in [0, 1]");
    }

    private void assertRefused(GenerateRequest request, String words) {
        EngineException refusal = assertThrows(EngineException.class, () -> generate(request));
        assertEquals(EngineException.Kind.REFUSED, refusal.kind(), refusal::getMessage);
        assertTrue(String.valueOf(refusal.getMessage()).contains(words), refusal::getMessage);
    }
}
