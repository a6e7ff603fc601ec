package io.millrace.sandbox.engine.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A byte tokenizer: ids 0..255 are the bytes of the UTF-8 text, special tokens follow. As with the tokenizers of real
 * models the spelling of a special token in a text becomes its one id.
 *
 * <p>{@code decode(encode(text), false)} is the text for every well-formed text; a lone surrogate becomes a question
 * mark. Bytes that are no UTF-8, as where a length limit cut a character, decode to U+FFFD.
 */
public final class ToyTokenizer {
    /** End of a text. */
    public static final int EOS = 256;
    /** Opens a ChatML message. */
    public static final int IM_START = 257;
    /** Closes a ChatML message. */
    public static final int IM_END = 258;
    /** Ids are 0 to this, exclusive. */
    public static final int VOCABULARY_SIZE = 259;

    private static final List<String> SPECIALS = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");

    private ToyTokenizer() {}

    /** The ids of a text. */
    public static int[] encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        boolean mayHoldSpecials = text.contains("<|");
        int count = 0;
        for (int at = 0; at < bytes.length; ) {
            int special = mayHoldSpecials && bytes[at] == '<' ? specialAt(bytes, at) : -1;
            if (special >= 0) {
                ids[count++] = special;
                at += SPECIALS.get(special - EOS).length();
            } else {
                ids[count++] = bytes[at++] & 0xff;
            }
        }
        return count == ids.length ? ids : Arrays.copyOf(ids, count);
    }

    private static int specialAt(byte[] bytes, int at) {
        for (int i = 0; i < SPECIALS.size(); i++) {
            String special = SPECIALS.get(i);
            if (matches(bytes, at, special)) {
                return EOS + i;
            }
        }
        return -1;
    }

    private static boolean matches(byte[] bytes, int at, String ascii) {
        if (at + ascii.length() > bytes.length) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (bytes[at + i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The text of these ids; special tokens are spelled out or, when asked, left out. */
    public static String decode(int[] ids, boolean skipSpecialTokens) {
        return decode(ids, 0, ids.length, skipSpecialTokens);
    }

    /**
     * The text of the ids from {@code from} to {@code to}, exclusive.
     *
     * @throws IllegalArgumentException on an id outside the vocabulary
     */
    public static String decode(int[] ids, int from, int to, boolean skipSpecialTokens) {
        byte[] bytes = new byte[to - from];
        int count = 0;
        for (int i = from; i < to; i++) {
            int id = ids[i];
            if (id >= 0 && id < EOS) {
                if (count == bytes.length) {
                    bytes = Arrays.copyOf(bytes, count * 2 + 16);
                }
                bytes[count++] = (byte) id;
            } else if (id < 0 || id >= VOCABULARY_SIZE) {
                throw new IllegalArgumentException(
                        "token id must be 0 to " + (VOCABULARY_SIZE - 1) + ", was " + id + " at position " + i);
            } else if (!skipSpecialTokens) {
                byte[] spelled = SPECIALS.get(id - EOS).getBytes(StandardCharsets.UTF_8);
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length, count + spelled.length + (to - i)));
                System.arraycopy(spelled, 0, bytes, count, spelled.length);
                count += spelled.length;
            }
        }
        return new String(bytes, 0, count, StandardCharsets.UTF_8);
    }
}
