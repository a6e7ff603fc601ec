package io.millrace.sandbox.engine.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.model.TestSettings;
import io.millrace.worker.engine.Dialect;
import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.Media;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** A chat endpoint, which tells no tokens: the stand-in's, asked as any other. */
@Timeout(60)
class ChatEndpointTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final EngineHttp http = new EngineHttp(Ticker.system(), Duration.ofSeconds(5), 16 << 20);
    private final EngineClient client = Dialect.OPENAI_CHAT.client(http);
    private final EngineServer engine = start();

    private static EngineServer start() {
        TestSettings settings = new TestSettings();
        settings.dialect = EngineSettings.Dialect.VLLM;
        settings.fillerMedianTokens = 10;
        settings.latencyMedian = Duration.ZERO;
        return EngineServer.start(settings.build());
    }

    @AfterEach
    void stop() {
        http.close();
        engine.close();
    }

    private Generation ask(Prompt prompt, int maxNewTokens, ObjectNode extra) throws Exception {
        return ask(prompt, Media.NONE, maxNewTokens, extra);
    }

    private Generation ask(Prompt prompt, Media media, int maxNewTokens, ObjectNode extra) throws Exception {
        SamplingParams params = new SamplingParams(0, 1, -1, maxNewTokens, List.of(), List.of(), true, extra);
        return client.generate(
                engine.url(), new GenerateRequest("r", "s", null, "x", params, 0, 0, prompt, media, 0), LIMIT);
    }

    @Test
    void messagesGoInAndTextComesOutWithoutTokens() throws Exception {
        Prompt chat = new Prompt.Messages(
                List.of(new ChatMessage("system", "Be brief."), new ChatMessage("user", "1+1=")), "");
        Generation answer = ask(chat, 200, Json.object());
        assertTrue(answer.textOnly());
        assertTrue(answer.text().contains("Answer: "), answer::text);
        assertEquals(0, answer.tokens().length);
        assertEquals(Finish.STOP, answer.finish());
        assertEquals(
                Finish.LENGTH, ask(new Prompt.Text("1+1="), 3, Json.object()).finish());
        assertNull(client.weightVersion(engine.url(), LIMIT));
    }

    @Test
    void itsFirstModelIsAskedForUnlessAnotherIsNamed() throws Exception {
        assertFalse(ask(new Prompt.Text("1+1="), 9, Json.object()).text().isEmpty());
        EngineException told = assertThrows(
                EngineException.class,
                () -> ask(new Prompt.Text("1+1="), 9, Json.object().put("model", "another")));
        assertEquals(Kind.REFUSED, told.kind());
        assertTrue(told.getMessage().contains("another"), told::getMessage);
    }

    @Test
    void imagesGoIntoTheLastMessageAndOtherMediaAreRefused() throws Exception {
        List<JsonNode> one = List.of(StringNode.valueOf("data:image/png;base64,AAAA"));
        Prompt prompt = new Prompt.Text("What is it?");
        assertFalse(ask(prompt, new Media(one, List.of(), List.of()), 9, Json.object())
                .text()
                .isEmpty());
        EngineException told = assertThrows(
                EngineException.class, () -> ask(prompt, new Media(List.of(), one, List.of()), 9, Json.object()));
        assertEquals(Kind.REFUSED, told.kind());
        EngineException ofVllm = assertThrows(
                EngineException.class,
                () -> Dialect.VLLM
                        .client(http)
                        .generate(
                                engine.url(),
                                new GenerateRequest(
                                        "r",
                                        "s",
                                        null,
                                        "x",
                                        SamplingParams.defaults(4),
                                        0,
                                        0,
                                        prompt,
                                        new Media(one, List.of(), List.of()),
                                        0),
                                LIMIT));
        assertTrue(ofVllm.getMessage().contains("multimodal_inputs"), ofVllm::getMessage);
    }

    @Test
    void aPromptOfTokensIsRefusedInOneLine() {
        EngineException told =
                assertThrows(EngineException.class, () -> ask(new Prompt.TokenIds(new int[] {1}), 9, Json.object()));
        assertEquals(Kind.REFUSED, told.kind());
        assertTrue(told.getMessage().contains("token ids"), told::getMessage);
    }
}
