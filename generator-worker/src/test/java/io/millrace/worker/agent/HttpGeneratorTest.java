package io.millrace.worker.agent;

import static io.millrace.worker.agent.TestingRollout.CLOSE;
import static io.millrace.worker.agent.TestingRollout.OPEN;
import static io.millrace.worker.agent.TestingRollout.joined;
import static io.millrace.worker.agent.TestingRollout.letters;
import static io.millrace.worker.agent.TestingRollout.turn;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.json.Json;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.generator.GeneratedSample;
import io.millrace.worker.generator.GeneratorException;
import io.millrace.worker.generator.Samples;
import io.millrace.worker.retry.RetryPolicy;
import io.millrace.worker.retry.RetrySettings;
import io.millrace.worker.score.outside.RewardKeys;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What agents do through the endpoint becomes samples whose tokens are the engines' own; whatever else they do is bounded. */
@Timeout(120)
class HttpGeneratorTest {
    private static final String TOOLS = """
            [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}]""";

    private final TestingRollout rollout = new TestingRollout();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    private HttpGenerator generator(int agentPort, Map<String, String> more) {
        Map<String, String> flags = new HashMap<>(Map.of("agent-url", "http://127.0.0.1:" + agentPort + "/"));
        flags.putAll(more);
        AgentSettings settings = SettingsBinder.of(AgentSettings.class, flags);
        HttpGenerator generator = new HttpGenerator(
                String.valueOf(settings.agentUrl()),
                settings,
                HttpDoorSettings.DEFAULTS,
                4,
                new RewardKeys("score", "score"),
                "r",
                new RetryPolicy(
                        new RetrySettings(Duration.ofHours(1), 6, Duration.ofMillis(1), Duration.ofMillis(2)), () -> 0),
                Ticker.system(),
                WallClock.system(),
                new SimpleMeterRegistry());
        open.add(generator);
        return generator;
    }

    private TestingAgent agent(TestingAgent.Work work) throws Exception {
        TestingAgent agent = new TestingAgent(0, work);
        open.add(agent);
        return agent;
    }

    private List<GeneratedSample> generate(TestingAgent.Work work) throws Exception {
        return generator(agent(work).port(), Map.of()).generate(rollout);
    }

    private String failure(Map<String, String> flags, TestingAgent.Work work) throws Exception {
        HttpGenerator generator = generator(agent(work).port(), flags);
        return assertThrows(GeneratorException.class, () -> generator.generate(rollout))
                .kind();
    }

    private static JsonNode message(String role, String content) {
        return Json.object().put("role", role).put("content", content);
    }

    private static byte[] mask(GeneratedSample sample) {
        return Samples.written(List.of(sample), 22, "s", 1).getFirst().sample().lossMask();
    }

    private static JsonNode said(GeneratedSample sample) {
        return Json.MAPPER.valueToTree(sample.metadata()).path("agent");
    }

    @Test
    void aLoopWithAToolIsOneSampleWhoseTokensAreTheEnginesOwn() throws Exception {
        // As no tokenizer would write it: it must not be tokenized again.
        rollout.then(() -> turn(
                        "I ask. <tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 1}}</tool_call>",
                        Finish.STOP,
                        7001,
                        7002,
                        CLOSE))
                .says("It is \\boxed{2}.");
        List<GeneratedSample> samples = generate(task -> {
            ObjectNode chat = task.chat(task.messages());
            chat.set("tools", Json.MAPPER.readTree(TOOLS));
            JsonNode first = task.complete(chat);
            JsonNode choice = first.path("choices").path(0);
            assertEquals("tool_calls", choice.path("finish_reason").stringValue());
            JsonNode call = choice.path("message").path("tool_calls").path(0);
            assertEquals("{\"a\":1}", call.path("function").path("arguments").stringValue());
            assertEquals("I ask. ", choice.path("message").path("content").stringValue());
            ((ArrayNode) chat.path("messages"))
                    .add(Json.object()
                            .put("role", "tool")
                            .put("tool_call_id", call.path("id").stringValue())
                            .put("content", "2"));
            JsonNode last = task.complete(chat);
            assertEquals(
                    "stop", last.path("choices").path(0).path("finish_reason").stringValue());
            assertEquals(
                    letters("It is \\boxed{2}.").length + 1,
                    last.path("usage").path("completion_tokens").intValue());
            return "{\"reward\": {\"score\": 0.5, \"why\": \"half\"}, \"metadata\": {\"level\": 3}}";
        });
        GeneratedSample sample = samples.getFirst();
        assertEquals(1, samples.size());
        int[] first = rollout.contexts().get(0);
        int[] between = joined(
                joined(joined(new int[] {'\n', OPEN}, letters("tool\n2")), CLOSE, '\n', OPEN), letters("assistant\n"));
        assertArrayEquals(
                joined(joined(first, 7001, 7002, CLOSE), between),
                rollout.contexts().get(1));
        byte[] mask = mask(sample);
        assertEquals(3 + letters("It is \\boxed{2}.").length + 1, sum(mask));
        assertEquals(3 + between.length, firstAfter(mask, 3));
        assertEquals(new Reward(0.5, Json.object().put("score", 0.5).put("why", "half")), sample.reward());
        assertEquals(SampleStatus.COMPLETED, sample.status());
        assertTrue(sample.response().endsWith("\nIt is \\boxed{2}."), sample.response());
        assertEquals(3, Json.MAPPER.valueToTree(sample.metadata()).path("level").intValue());
        assertEquals(2, said(sample).path("completions").intValue());
        assertEquals("it is the first", said(sample).path("begins").stringValue());
    }

    private static int sum(byte[] mask) {
        int sum = 0;
        for (byte one : mask) {
            sum += one;
        }
        return sum;
    }

    /** Where the mask is 1 again. */
    private static int firstAfter(byte[] mask, int from) {
        int at = from;
        while (mask[at] == 0) {
            at++;
        }
        return at;
    }

    @Test
    void aTurnThatWasCutOffIsClosedAsTheTemplateClosesIt() throws Exception {
        rollout.then(() -> turn("on and", Finish.LENGTH, letters("on and"))).says("done");
        generate(task -> {
            ArrayNode messages = task.messages();
            task.complete(messages);
            messages.add(message("user", "go on"));
            task.complete(messages);
            return "{}";
        });
        int[] expected = joined(joined(rollout.contexts().get(0), letters("on and")), CLOSE, '\n', OPEN);
        int[] second = rollout.contexts().get(1);
        assertArrayEquals(expected, Arrays.copyOf(second, expected.length));
    }

    @Test
    void aHistoryThatIsRewrittenBeginsASampleOfItsOwnAndSaysWhy() throws Exception {
        List<GeneratedSample> samples = generate(task -> {
            ArrayNode messages = task.messages();
            task.complete(messages);
            ArrayNode others = task.messages();
            others.add(message("assistant", "no")).add(message("user", "sure?"));
            task.complete(others);
            return "{\"reward\": 1}";
        });
        assertEquals(2, samples.size());
        assertEquals(
                "message 2 is none that was recorded behind the 1 before it",
                said(samples.get(1)).path("begins").stringValue());
    }

    @Test
    void aTemplateThatWritesTheHistoryOtherwiseBeginsASampleOfItsOwn() throws Exception {
        rollout.forgets();
        List<GeneratedSample> samples = generate(task -> {
            ArrayNode messages = task.messages();
            task.complete(messages);
            messages.add(message("user", "sure?"));
            task.complete(messages);
            return "{\"reward\": 1}";
        });
        assertEquals(2, samples.size());
        assertEquals(
                "the template writes its first 2 messages otherwise once others follow",
                said(samples.get(1)).path("begins").stringValue());
    }

    /** Two ways on from one completion: its tokens train once. */
    @Test
    void whatTwoSamplesShareTrainsInTheFirstOnly() throws Exception {
        List<GeneratedSample> samples = generate(task -> {
            ArrayNode messages = task.messages();
            task.complete(messages);
            ArrayNode other = messages.deepCopy();
            task.complete(messages.add(message("user", "why?")));
            task.complete(other.add(message("user", "really?")));
            return "{\"reward\": 1}";
        });
        int shared = letters("yes").length + 1;
        assertEquals(2, samples.size());
        assertEquals(2 * shared, sum(mask(samples.get(0))));
        assertEquals(shared, sum(mask(samples.get(1))));
        assertEquals(0, mask(samples.get(1))[0]);
    }

    @Test
    void anAgentChoosesItsSamplesByTheirLastCompletion() throws Exception {
        List<GeneratedSample> samples = generate(task -> {
            task.complete(task.messages());
            String wanted = task.complete(task.messages().add(message("user", "again")))
                    .path("id")
                    .stringValue();
            return "{\"reward\": 0, \"samples\": [{\"completion\": \"" + wanted
                    + "\", \"reward\": 2, \"status\": \"failed\", \"response\": \"judged\"}]}";
        });
        assertEquals(1, samples.size());
        assertEquals(Reward.of(2), samples.getFirst().reward());
        assertEquals(SampleStatus.FAILED, samples.getFirst().status());
        assertEquals("judged", samples.getFirst().response());
    }

    @Test
    void completionsOfTokensAreChainedAndOfTextsTokenized() throws Exception {
        List<GeneratedSample> samples = generate(task -> {
            task.post("/completions", "{\"model\": \"m\", \"prompt\": [5, 6]}");
            String next = "{\"model\": \"m\", \"prompt\": [5, 6, " + (int) 'y' + ", " + (int) 'e' + ", " + (int) 's'
                    + ", " + CLOSE + ", 9]}";
            task.post("/completions", next);
            HttpResponse<String> text = task.post("/completions", "{\"model\": \"m\", \"prompt\": \"ab\"}");
            assertEquals(
                    "yes",
                    Json.MAPPER
                            .readTree(text.body())
                            .path("choices")
                            .path(0)
                            .path("text")
                            .stringValue());
            return "{\"reward\": 1}";
        });
        assertEquals(2, samples.size());
        assertEquals(2, said(samples.get(0)).path("completions").intValue());
        assertArrayEquals(new int[] {'a', 'b'}, rollout.contexts().get(2));
    }

    @Test
    void aStreamHasTheWholeAnswerAndItsEnd() throws Exception {
        rollout.says("<tool_call>{\"name\": \"add\"}</tool_call>");
        generate(task -> {
            ObjectNode chat = task.chat(task.messages()).put("stream", true);
            chat.putObject("stream_options").put("include_usage", true);
            chat.set("tools", Json.MAPPER.readTree(TOOLS));
            String events = task.post("/chat/completions", chat.toString()).body();
            assertTrue(events.endsWith("data: [DONE]\n\n"), events);
            List<String> data =
                    events.lines().filter(line -> line.startsWith("data: {")).toList();
            assertEquals(3, data.size());
            JsonNode delta = Json.MAPPER
                    .readTree(data.get(0).substring(6))
                    .path("choices")
                    .path(0)
                    .path("delta");
            assertEquals(0, delta.path("tool_calls").path(0).path("index").intValue(-1));
            assertTrue(data.get(1).contains("\"finish_reason\":\"tool_calls\""), data.get(1));
            assertTrue(data.get(2).contains("\"prompt_tokens\""), data.get(2));
            return "{\"reward\": 1}";
        });
    }

    /** OpenAI's clients ask once more where an answer does not come, and say so. */
    @Test
    void aRequestThatIsRepeatedGetsTheAnswerThatThereIs() throws Exception {
        List<GeneratedSample> samples = generate(task -> {
            String body = task.chat(task.messages()).toString();
            String one = task.post("/chat/completions", body).body();
            assertEquals(
                    one,
                    task.post("/chat/completions", body, "X-Stainless-Retry-Count", "1")
                            .body());
            assertNotEquals(one, task.post("/chat/completions", body).body(), "asked for another");
            return "{\"reward\": 1}";
        });
        assertEquals(2, samples.size());
    }

    @Test
    void theTasksParametersHoldUnlessAgentsMayChoose() throws Exception {
        TestingAgent.Work work = task -> {
            task.complete(task.chat(task.messages())
                    .put("temperature", 0.25)
                    .put("max_tokens", 5)
                    .put("stop", "x"));
            task.complete(task.chat(task.messages()).put("max_completion_tokens", 5000));
            return "{\"reward\": 1}";
        };
        int port = agent(work).port();
        generator(port, Map.of()).generate(rollout);
        generator(port, Map.of("agent-sampling", "agent")).generate(rollout);
        assertEquals(
                List.of(1.0, 1.0, 0.25, 1.0),
                rollout.params().stream().map(params -> params.temperature()).toList());
        assertEquals(
                List.of(5, 16, 5, 16),
                rollout.params().stream().map(params -> params.maxNewTokens()).toList());
        assertEquals(List.of("x"), rollout.params().getFirst().stop());
    }

    @Test
    void whatIsNotThereIsRefusedInOpenAisForm() throws Exception {
        Map<String, String> requests = Map.of(
                "n must be 1", "\"n\": 2",
                "logprobs are recorded", "\"logprobs\": true",
                "response_format must be text", "\"response_format\": {\"type\": \"json_object\"}",
                "tool_choice must be auto or none", "\"tool_choice\": \"required\"",
                "max_tokens must be 1 or more", "\"max_tokens\": 0",
                "functions are tools now", "\"functions\": []");
        generate(task -> {
            for (Map.Entry<String, String> request : requests.entrySet()) {
                String body = "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], " + request.getValue() + "}";
                HttpResponse<String> refused = task.post("/chat/completions", body);
                assertEquals(400, refused.statusCode());
                String message = Json.MAPPER
                        .readTree(refused.body())
                        .path("error")
                        .path("message")
                        .stringValue();
                assertTrue(message.startsWith(request.getKey()), message);
            }
            for (String body : List.of("[]", "nonsense", "{\"messages\": []}", """
                    {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}""")) {
                assertEquals(400, task.post("/chat/completions", body).statusCode(), body);
            }
            assertEquals(404, task.post("/embeddings", "{}").statusCode());
            task.complete(task.messages());
            return "{\"reward\": 1}";
        });
        assertEquals(1, rollout.contexts().size());
    }

    @Test
    void whatAnAgentMayAskForIsBounded() throws Exception {
        HttpGenerator generator = generator(
                agent(task -> {
                            String large = task.chat(task.messages().add(message("user", "x".repeat(5000))))
                                    .toString();
                            assertEquals(
                                    413, task.post("/chat/completions", large).statusCode());
                            task.complete(task.messages());
                            task.complete(task.messages());
                            HttpResponse<String> third = task.post(
                                    "/chat/completions",
                                    task.chat(task.messages()).toString());
                            assertEquals(403, third.statusCode());
                            assertTrue(third.body().contains("--agent-turns-max"), third.body());
                            return "{\"reward\": 1}";
                        })
                        .port(),
                Map.of("agent-turns-max", "2", "agent-body-max", "4KiB"));
        assertEquals(2, generator.generate(rollout).size());
    }

    @Test
    void aTaskThatIsOverRefusesWhatItsAgentStillAsks() throws Exception {
        TestingAgent agent = agent(task -> {
            task.complete(task.messages());
            return "{\"reward\": 1}";
        });
        generator(agent.port(), Map.of()).generate(rollout);
        TestingAgent.Task task = agent.tasks.getFirst();
        HttpResponse<String> late =
                task.post("/chat/completions", task.chat(task.messages()).toString());
        assertEquals(410, late.statusCode());
        assertTrue(late.body().contains("this task is over: it has been answered"), late.body());
        ObjectNode stranger = ((ObjectNode) task.json()).put("api_key", "sk-other");
        assertEquals(
                401,
                new TestingAgent.Task(stranger, task.http())
                        .post("/chat/completions", "{}")
                        .statusCode());
    }

    /** By interrupt, as at the deadline of its attempt: the request under way ends, and the agent is told. */
    @Test
    void anExecutionThatIsCutShortEndsWhatItsAgentAsks() throws Exception {
        CountDownLatch atTheEngine = new CountDownLatch(1);
        CompletableFuture<String> told = new CompletableFuture<>();
        rollout.then(() -> {
            atTheEngine.countDown();
            new CountDownLatch(1).await();
            throw new AssertionError("nobody lets it go");
        });
        HttpGenerator generator = generator(
                agent(task -> {
                            told.complete(task.post(
                                            "/chat/completions",
                                            task.chat(task.messages()).toString())
                                    .body());
                            return "{}";
                        })
                        .port(),
                Map.of());
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread execution = Thread.ofVirtual()
                .start(() -> ended.complete(assertThrows(Exception.class, () -> generator.generate(rollout))));
        atTheEngine.await();
        execution.interrupt();
        assertEquals(InterruptedException.class, ended.get().getClass());
        assertTrue(told.get().contains("its attempt has ended"), told.get());
    }

    @Test
    void anEngineThatFailsForGoodEndsTheExecutionWhateverTheAgentDoes() throws Exception {
        rollout.then(() -> {
            throw new EngineException(EngineException.Kind.FAILED, "out of memory");
        });
        HttpGenerator generator = generator(
                agent(task -> {
                            assertEquals(
                                    502,
                                    task.post(
                                                    "/chat/completions",
                                                    task.chat(task.messages()).toString())
                                            .statusCode());
                            new CountDownLatch(1).await();
                            return "{}";
                        })
                        .port(),
                Map.of());
        assertEquals(
                "out of memory",
                assertThrows(EngineException.class, () -> generator.generate(rollout))
                        .getMessage());
    }

    @Test
    void whatAnEngineRefusesTheAgentMayMend() throws Exception {
        rollout.then(() -> {
                    throw new EngineException(EngineException.Kind.REFUSED, "the prompt is too long");
                })
                .says("short");
        List<GeneratedSample> samples = generate(task -> {
            HttpResponse<String> refused =
                    task.post("/chat/completions", task.chat(task.messages()).toString());
            assertEquals(400, refused.statusCode());
            assertTrue(refused.body().contains("the prompt is too long"), refused.body());
            task.complete(task.messages());
            return "{\"reward\": 1}";
        });
        assertEquals(1, samples.size());
    }

    @Test
    void anAgentServerThatIsAwayIsWaitedFor() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        HttpGenerator generator = generator(port, Map.of());
        CompletableFuture<List<GeneratedSample>> made = CompletableFuture.supplyAsync(() -> {
            try {
                return generator.generate(rollout);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        open.add(new TestingAgent(port, task -> {
            task.complete(task.messages());
            return "{\"reward\": 1}";
        }));
        assertEquals(1, made.get().size());
    }

    @Test
    void anAgentServerWithoutRoomIsAskedAgain() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        List<GeneratedSample> samples = generate(task -> {
            if (asked.incrementAndGet() < 10) {
                throw new TestingAgent.Refused(503, "full");
            }
            task.complete(task.messages());
            return "{\"reward\": 1}";
        });
        assertEquals(1, samples.size());
        assertEquals(10, asked.get());
    }

    /** Each time with a key of its own, and nothing of the time before. */
    @Test
    void anExecutionThatIsBrokenOffIsBegunAnewAFewTimes() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        TestingAgent agent = agent(task -> {
            task.complete(task.messages());
            if (asked.incrementAndGet() < 3) {
                throw new IOException("the agent dies");
            }
            return "{\"reward\": 1}";
        });
        List<GeneratedSample> samples = generator(agent.port(), Map.of()).generate(rollout);
        assertEquals(1, samples.size());
        assertEquals(
                3,
                agent.tasks.stream()
                        .map(task -> task.json().path("api_key").stringValue())
                        .distinct()
                        .count());
        TestingAgent.Task first = agent.tasks.getFirst();
        assertEquals(410, first.post("/chat/completions", "{}").statusCode());
        asked.set(-100);
        HttpGenerator again = generator(agent.port(), Map.of());
        assertEquals(
                "agent-unreachable",
                assertThrows(GeneratorException.class, () -> again.generate(rollout))
                        .kind());
    }

    @Test
    void whatIsNoAnswerToTheTaskFailsTheAttemptByItsName() throws Exception {
        Map<String, TestingAgent.Work> faults = new HashMap<>(Map.of(
                "no JSON", task -> "<html>",
                "no object", task -> "3",
                "another task", task -> "{\"task_id\": \"r.g9.a1.s0\"}",
                "no completion asked for", task -> "{\"reward\": 1}",
                "an unknown completion", task -> "{\"samples\": [{\"completion\": \"chatcmpl-x\"}]}",
                "a reward that is none", task -> "{\"reward\": \"good\"}",
                "a status that is none", task -> "{\"status\": \"fine\"}",
                "too large", task -> "{\"response\": \"" + "x".repeat(5000) + "\"}"));
        for (Map.Entry<String, TestingAgent.Work> fault : faults.entrySet()) {
            assertEquals("agent-garbage", failure(Map.of("agent-body-max", "4KiB"), fault.getValue()), fault.getKey());
        }
        assertEquals("agent-refused", failure(Map.of(), task -> "{\"error\": \"no sandbox\"}"));
        assertEquals("agent-refused", failure(Map.of(), task -> {
            throw new TestingAgent.Refused(422, "not such a task");
        }));
        assertEquals("agent-failed", failure(Map.of(), task -> {
            throw new TestingAgent.Refused(500, "a bug");
        }));
    }

    @Test
    void anAgentThatHangsIsLeftAtTheLimit() throws Exception {
        rollout.within(Duration.ofMillis(50));
        assertEquals("agent-timeout", failure(Map.of(), task -> {
            new CountDownLatch(1).await();
            return "{}";
        }));
    }
}
