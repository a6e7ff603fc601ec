package io.millrace.sandbox.policy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.BadRecordException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerPolicyTest {
    @TempDir
    Path folder;

    @Test
    void problemsThatDifferInNumbersOnlyHaveOneForm() {
        assertEquals(AnswerPolicy.form("What is 32 * 7 + 80?"), AnswerPolicy.form("What is 4 * 12 + 9?"));
        assertNotEquals(AnswerPolicy.form("What is 32 * 7 + 80?"), AnswerPolicy.form("What is 5 percent of 420?"));
    }

    @Test
    void aProbabilityIsWhatItSays() {
        float[] weights = new float[AnswerPolicy.FORMS * Answers.COUNT];
        weights[3] = 2;
        double[] logProbs = new AnswerPolicy(weights).logProbs(0, 1);
        assertEquals(1, Arrays.stream(logProbs).map(Math::exp).sum(), 1e-12);
        assertEquals(2, logProbs[3] - logProbs[0], 1e-12);
        assertEquals(
                1, new AnswerPolicy(weights).logProbs(0, 2)[3] - new AnswerPolicy(weights).logProbs(0, 2)[0], 1e-12);
    }

    @Test
    void onlyOneCandidateIsRight() {
        for (String label : new String[] {"0", "-7", "304", "2/3", "-3"}) {
            Set<String> all = new HashSet<>();
            for (int kind = 0; kind < Answers.COUNT; kind++) {
                all.add(Answers.candidate(kind, label));
                assertEquals(kind, Answers.kind(Answers.token(kind)));
            }
            assertEquals(Answers.COUNT, all.size(), label + ": " + all);
            assertTrue(all.contains(label));
        }
        assertEquals(-1, Answers.kind('a'));
    }

    @Test
    void whatIsWrittenIsReadAndWhatIsNoneIsRefused() throws Exception {
        float[] weights = new float[AnswerPolicy.FORMS * Answers.COUNT];
        weights[17] = -0.25f;
        Path file = folder.resolve("policy.safetensors");
        Files.write(file, new AnswerPolicy(weights).encode());
        assertArrayEquals(weights, AnswerPolicy.read(file).weights());

        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 4));
        assertThrows(BadRecordException.class, () -> AnswerPolicy.read(file));
        Files.writeString(file, "no weights");
        assertThrows(BadRecordException.class, () -> AnswerPolicy.read(file));
    }
}
