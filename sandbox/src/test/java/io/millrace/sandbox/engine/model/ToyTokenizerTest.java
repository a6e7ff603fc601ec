package io.millrace.sandbox.engine.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ToyTokenizerTest {
    @Test
    void decodingAnEncodedTextGivesTheText() {
        Random random = new Random(5);
        for (int round = 0; round < 2_000; round++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(60);
            for (int i = 0; i < length; i++) {
                switch (random.nextInt(8)) {
                    case 0 -> text.append("<|im_start|>");
                    case 1 -> text.append("<|");
                    case 2 -> text.appendCodePoint(0x1F300 + random.nextInt(500));
                    case 3 -> text.appendCodePoint(random.nextInt(0xD800));
                    default -> text.append((char) random.nextInt(128));
                }
            }
            assertEquals(text.toString(), ToyTokenizer.decode(ToyTokenizer.encode(text.toString()), false));
        }
    }

    @Test
    void plainTextBecomesItsUtf8Bytes() {
        assertArrayEquals(new int[] {'a', 0xC3, 0xA9, '\n'}, ToyTokenizer.encode("aé\n"));
    }

    @Test
    void aSpecialTokenIsOneIdAndCanBeLeftOut() {
        int[] ids = ToyTokenizer.encode("<|im_start|>a<|im_end|>b<|endoftext|>");
        assertArrayEquals(new int[] {ToyTokenizer.IM_START, 'a', ToyTokenizer.IM_END, 'b', ToyTokenizer.EOS}, ids);
        assertEquals("ab", ToyTokenizer.decode(ids, true));
        assertEquals("<|im_start|>a<|im_end|>b<|endoftext|>", ToyTokenizer.decode(ids, false));
    }

    @Test
    void anIdOutsideTheVocabularyIsRefusedByPosition() {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> ToyTokenizer.decode(new int[] {1, 259}, false));
        assertEquals("token id must be 0 to 258, was 259 at position 1", e.getMessage());
    }
}
