package io.millrace.trainer.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.millrace.common.id.StepNumber;
import io.millrace.trainer.steps.ResumeMode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Bodies that no trainer sends: each is one answer of 400 that says what is wrong. */
final class BodiesTest {
    private record Body(
            @Nullable StepNumber step,
            @Nullable ResumeMode mode,
            @Nullable String lease,
            @Nullable Double topP,
            @Nullable Integer topK,
            @Nullable List<Inner> inner) {}

    private record Inner(@Nullable String name) {}

    private static void refused(String says, byte[] body) {
        HttpException refusal = assertThrows(HttpException.class, () -> Bodies.read(body, Body.class));
        assertEquals(Status.BAD_REQUEST_400, refusal.status());
        String message = String.valueOf(refusal.getMessage());
        assertTrue(message.contains(says), message);
        assertTrue(message.length() < 500, () -> message.length() + " characters");
    }

    private static void refused(String says, String body) {
        refused(says, body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatIsNoFormIsRefusedSayingWhy() {
        refused("no JSON", "{\"step\":");
        refused("no JSON", "{\"step\":1} {");
        refused("no JSON", "[".repeat(10_000) + "]".repeat(10_000));
        refused("no JSON", "{\"step\":".repeat(5_000));
        refused("no JSON", new byte[] {'{', '"', 's', (byte) 0xff, (byte) 0xc0, '"', ':', '1', '}'});
        refused("must be a JSON object", "[1]");
        refused("unknown key 'stepp'", "{\"stepp\":1}");
        refused("step must be a whole number", "{\"step\":99999999999999999999}");
        refused("step must be a whole number", "{\"step\":" + "9".repeat(900) + "}");
        refused("step must be a whole number", "{\"step\":-1}");
        refused("step must be a whole number", "{\"step\":\"" + "x".repeat(60_000) + "\"}");
        refused("step must be a whole number of 0 or more, was 1.5", "{\"step\":1.5}");
        refused("step must be a whole number of 0 or more, was \"1\"", "{\"step\":\"1\"}");
        refused("step must be a whole number", "{\"step\":{\"value\":1}}");
        refused("step must be a whole number", "{\"step\":true}");
        refused("mode must be one of replay, fresh, was \"freshh\"", "{\"mode\":\"freshh\"}");
        refused("mode must be one of replay, fresh, was 1", "{\"mode\":1}");
        refused("lease must be a text, was 7", "{\"lease\":7}");
        refused("top_p must be a number, was \"0.5\"", "{\"top_p\":\"0.5\"}");
        refused("top_k must be a whole number", "{\"top_k\":1.5}");
        refused("inner must be a list of objects, was {}", "{\"inner\":{}}");
        refused("inner must be an object, was 5", "{\"inner\":[5]}");
        refused("name must be a text, was 5", "{\"inner\":[{\"name\":5}]}");
        refused("unknown key 'nam'", "{\"inner\":[{\"nam\":\"a\"}]}");
        refused("unknown key", "{\"" + "x".repeat(40_000) + "\":1}");
    }

    @Test
    void aWholeNumberMayBeWrittenWithAPoint() {
        Body body =
                Bodies.read("{\"step\":3.0,\"top_p\":1,\"top_k\":1e2}".getBytes(StandardCharsets.UTF_8), Body.class);
        assertEquals(new Body(new StepNumber(3), null, null, 1.0, 100, null), body);
    }

    @Test
    void aNumberThatHasNoneAfterItIsNoId() {
        refused("step must be a whole number from 0 to 999999999999999999", "{\"step\":1000000000000000000}");
    }

    @Test
    void aKeyThatIsGivenTwiceIsRefused() {
        refused("step", "{\"step\":1,\"step\":2}");
    }

    @Test
    void randomBodiesAreRefusedOrRead() {
        Random random = new Random(9);
        byte[] good = "{\"step\":12,\"mode\":\"fresh\"}".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 20_000; i++) {
            byte[] body = good.clone();
            for (int changes = random.nextInt(4); changes >= 0; changes--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            }
            try {
                var _ = Bodies.read(body, Body.class);
            } catch (HttpException e) {
                assertEquals(Status.BAD_REQUEST_400, e.status());
            }
        }
    }
}
