package io.millrace.sandbox.engine.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerBookTest {
    @TempDir
    Path folder;

    private static final String QUESTION =
            "Solve it step by step.\n\nWhat is 3 times 4, plus 1?\n\nEnd with the answer.";

    @Test
    void theLastUserMessageOfAChatIsLookedUp() {
        AnswerBook book = new AnswerBook(Map.of(QUESTION, "13", "What is 1 + 1?", "2"));
        assertEquals(
                "13",
                book.labelFor("<|im_start|>system\nYou help.<|im_end|>\n<|im_start|>user\nWhat is 1 + 1?<|im_end|>\n"
                        + "<|im_start|>assistant\n2<|im_end|>\n<|im_start|>user\n" + QUESTION
                        + "<|im_end|>\n<|im_start|>assistant\nFirst I"));
    }

    @Test
    void aQuestionIsFoundInsideAnyOtherTemplate() {
        Map<String, String> labels = new HashMap<>();
        for (int i = 0; i < 500; i++) {
            labels.put(QUESTION.replace("3 times 4", i + " times " + (i + 1)), Integer.toString(i * (i + 1) + 1));
        }
        AnswerBook book = new AnswerBook(labels);
        for (int i = 0; i < 500; i++) {
            String question = QUESTION.replace("3 times 4", i + " times " + (i + 1));
            assertEquals(Integer.toString(i * (i + 1) + 1), book.labelFor("[INST] " + question + " [/INST]"));
            assertEquals(Integer.toString(i * (i + 1) + 1), book.labelFor(question));
        }
    }

    @Test
    void anUnknownPromptHasNoLabel() {
        AnswerBook book = new AnswerBook(Map.of(QUESTION, "13"));
        assertNull(book.labelFor(""));
        assertNull(book.labelFor("short"));
        assertNull(book.labelFor(QUESTION.replace('3', '5')));
        assertNull(AnswerBook.EMPTY.labelFor(QUESTION));
    }

    @Test
    void rowsWithChatOrTextPromptsAreRead() throws IOException {
        Path file = folder.resolve("answers.jsonl");
        Files.writeString(file, """
                {"prompt":[{"role":"system","content":"x"},{"role":"user","content":"one?"}],"label":"1"}

                {"prompt":"two?","label":2}
                """);
        AnswerBook book = AnswerBook.load(file);
        assertEquals(2, book.size());
        assertEquals("1", book.labelFor("one?"));
        assertEquals("2", book.labelFor("two?"));
    }

    @Test
    void aMalformedRowIsRefusedByLine() throws IOException {
        Path file = folder.resolve("answers.jsonl");
        Files.writeString(file, "{\"prompt\":\"two?\",\"label\":2}\n{\"prompt\":[],\"label\":2}\n");
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> AnswerBook.load(file));
        assertTrue(e.getMessage().contains("line 2"), e.getMessage());
    }
}
