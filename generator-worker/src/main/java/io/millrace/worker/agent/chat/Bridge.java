package io.millrace.worker.agent.chat;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The tokens between what a model generated and its next turn, without tokenizing again what it generated. Stateless. */
public final class Bridge {
    private Bridge() {}

    /**
     * What a chat template writes behind an assistant's text: what two chats that differ in that text alone end with.
     */
    public static int[] tail(int[] one, int[] other) {
        int same = 0;
        while (same < Math.min(one.length, other.length)
                && one[one.length - 1 - same] == other[other.length - 1 - same]) {
            same++;
        }
        return Arrays.copyOfRange(one, one.length - same, one.length);
    }

    /**
     * What stands between a turn and the next.
     *
     * @param generated the turn's tokens
     * @param tail what the template writes behind it, of which the model may have generated the beginning
     * @param beginning the chat up to the turn, as the template writes it once more follows
     * @param whole the chat, with the beginning of the next turn
     * @return null when the template writes the beginning otherwise than before: then nothing can be gone on with
     */
    public static int @Nullable [] between(int[] generated, int[] tail, int[] beginning, int[] whole) {
        if (whole.length < beginning.length
                || !Arrays.equals(whole, 0, beginning.length, beginning, 0, beginning.length)) {
            return null;
        }
        int there = Math.min(tail.length, generated.length);
        while (!Arrays.equals(generated, generated.length - there, generated.length, tail, 0, there)) {
            there--;
        }
        int missing = tail.length - there;
        int[] between = new int[missing + whole.length - beginning.length];
        System.arraycopy(tail, there, between, 0, missing);
        System.arraycopy(whole, beginning.length, between, missing, between.length - missing);
        return between;
    }

    /** One behind the other. */
    public static int[] joined(int[] one, int[] other) {
        int[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /** Those from this place on. */
    public static int[] behind(int[] ids, int from) {
        return Arrays.copyOfRange(ids, from, ids.length);
    }
}
