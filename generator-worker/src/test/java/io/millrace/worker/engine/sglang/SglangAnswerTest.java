package io.millrace.worker.engine.sglang;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.Generation.Span;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;

/** Answers written by hand from SGLang's io_struct.py and http_server.py, not by our stand-in. */
class SglangAnswerTest {
    private static final String FULL = """
            {"text": "Answer: 4", "output_ids": [7, 8, 9],
             "meta_info": {
               "id": "r1",
               "finish_reason": {"type": "stop", "matched": 151645},
               "prompt_tokens": 12, "completion_tokens": 3, "cached_tokens": 5, "e2e_latency": 0.25,
               "weight_version": "4",
               "weight_versions": [{"version": "3", "start": 0, "end": 1}, {"version": "4", "start": 1, "end": 3}],
               "output_token_logprobs": [[-0.5, 7, null], [-0.25, 8, "x"], [-1e-3, 9, null]],
               "output_token_logprobs_length": 3,
               "input_token_logprobs": [[null, 1, null]],
               "spec_verify_ct": 2, "spec_accept_token_num": 1, "spec_draft_token_num": 4,
               "something_new": {"deep": [1, {"a": 2}]}}}
            """;

    @Test
    void aFullAnswerIsRead() {
        Generation generation = parse(FULL);
        assertEquals("Answer: 4", generation.text());
        assertArrayEquals(new int[] {7, 8, 9}, generation.tokens());
        assertArrayEquals(new float[] {-0.5f, -0.25f, -1e-3f}, generation.logProbs());
        assertEquals(Finish.STOP, generation.finish());
        assertEquals(5, generation.cachedTokens());
        assertEquals("4", generation.weightVersion());
        assertEquals(List.of(new Span("3", 0, 1), new Span("4", 1, 3)), generation.spans());
        assertEquals(2, generation.spec().specVerifyCt());
        assertEquals(3, generation.spec().completionTokenNum());
    }

    /** By the engine's own clock, whatever it shows: 0.25 s from arrival to end, the first token after 0.1 s. */
    @Test
    void theFirstTokensTimeIsToldWhereTheEngineKnowsIt() {
        assertNull(parse(FULL).sinceFirstTokenSeconds());
        String told = FULL.replace(
                "\"id\": \"r1\",",
                "\"id\": \"r1\", \"request_received_ts\": 1750000000.0, \"prefill_finished_ts\": 1750000000.1,");
        assertEquals(0.15, parse(told).sinceFirstTokenSeconds(), 1e-4);
        assertNull(parse(told.replace("000.1,", "000.9,")).sinceFirstTokenSeconds(), "after its end");
    }

    @Test
    void anOlderServersAnswerIsRead() {
        Generation generation = parse("""
                {"text": "a", "meta_info": {"finish_reason": {"type": "length", "length": 1},
                 "prompt_tokens": 1, "completion_tokens": 1, "output_token_logprobs": [[0, 5, null]]}}
                """);
        assertEquals(Finish.LENGTH, generation.finish());
        assertNull(generation.weightVersion());
        assertTrue(generation.spans().isEmpty());
        assertNull(generation.spec());
    }

    @Test
    void anAbortBeforeTheFirstTokenIsRead() {
        Generation generation = parse("""
                {"text": "", "meta_info": {"finish_reason": {"type": "abort", "message": "aborted", "status_code": null},
                 "output_token_logprobs": [], "weight_version": null}}
                """);
        assertEquals(Finish.ABORT, generation.finish());
        assertEquals(0, generation.tokens().length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{\"text\": \"a\"}",
                "{\"text\": \"a\", \"meta_info\": []}",
                "{\"text\": \"a\", \"meta_info\": {\"finish_reason\": {\"type\": \"odd\"}}}",
                "{\"text\": \"a\", \"meta_info\": {\"finish_reason\": \"stop\"}}",
                "{\"text\": \"a\", \"meta_info\": {\"finish_reason\": {\"type\": \"stop\"}}}",
                "{\"text\": \"a\", \"meta_info\": {\"finish_reason\": {\"type\": \"stop\"}, \"completion_tokens\": 2,"
                        + " \"output_token_logprobs\": [[-1, 5, null]]}}",
                "{\"text\": \"a\", \"meta_info\": {\"finish_reason\": {\"type\": \"stop\"},"
                        + " \"output_token_logprobs\": [[null, 5, null]]}}",
                "{\"text\": \"a\", \"meta_info\": {\"finish_reason\": {\"type\": \"stop\"},"
                        + " \"output_token_logprobs\": [[-1, -5, null]]}}",
                "{\"text\": \"a\", \"meta_info\": {\"finish_reason\": {\"type\": \"stop\"},"
                        + " \"output_token_logprobs\": [[-1, null]]}}",
                "{\"text\": \"a\", \"meta_info\": {\"finish_reason\": {\"type\": \"stop\"},"
                        + " \"weight_versions\": [{\"version\": \"1\", \"start\": 0, \"end\": 2}],"
                        + " \"output_token_logprobs\": [[-1, 5, null]]}}",
                "{\"text\": \"a\", \"meta_info\": {\"finish_reason\": {\"type\": \"stop\"},"
                        + " \"weight_versions\": [{\"start\": 0, \"end\": 1}],"
                        + " \"output_token_logprobs\": [[-1, 5, null]]}}",
            })
    void anAnswerThatLacksOrContradictsIsRefused(String answer) {
        assertThrows(IllegalArgumentException.class, () -> parse(answer));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>502</html>", "{\"text\": \"a\", ", "{\"text\": NaN}"})
    void whatIsNoJsonIsRefused(String answer) {
        assertThrows(RuntimeException.class, () -> parse(answer));
    }

    @Test
    void aMutilatedAnswerNeverEscapesTheTwoExceptions() {
        byte[] good = FULL.getBytes(StandardCharsets.UTF_8);
        SplittableRandom random = new SplittableRandom(7);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes =
                    java.util.Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length) : good.length);
            for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                Generation generation = SglangAnswer.parse(bytes, List.of());
                assertEquals(generation.tokens().length, generation.logProbs().length);
            } catch (JacksonException | IllegalArgumentException expected) {
                refused++;
            }
        }
        assertTrue(refused > 5_000, "refused " + refused);
    }

    @Test
    void aLongAnswerKeepsEveryToken() {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            rows.append(i == 0 ? "" : ",")
                    .append("[-0.")
                    .append(1 + i % 9)
                    .append(',')
                    .append(i)
                    .append(",null]");
        }
        Generation generation = parse("{\"text\":\"t\",\"meta_info\":{\"finish_reason\":{\"type\":\"stop\"},"
                + "\"output_token_logprobs\":[" + rows + "]}}");
        assertEquals(5_000, generation.tokens().length);
        assertEquals(4_999, generation.tokens()[4_999]);
    }

    private static Generation parse(String answer) {
        return SglangAnswer.parse(answer.getBytes(StandardCharsets.UTF_8), List.of());
    }
}
