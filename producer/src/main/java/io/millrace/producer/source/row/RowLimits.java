package io.millrace.producer.source.row;

import io.millrace.common.json.ControlCodec;

/**
 * What a data set may hold.
 *
 * @param maxPromptChars longest prompt text, as the engine gets it, in Unicode characters; 1 or more
 * @param maxPromptTokens longest prompt of token ids, 1 or more
 * @param maxBadShare how large a share of the rows may be bad, 0 to 1; above it loading fails
 * @param maxRowBytes longest line, 1 to {@link #ROW_BYTES_MAX}
 */
public record RowLimits(int maxPromptChars, int maxPromptTokens, double maxBadShare, int maxRowBytes) {
    /**
     * A task holds messages twice, as they are and rendered, and must fit a control record; the last quarter is for all
     * else in it.
     */
    public static final int ROW_BYTES_MAX = ControlCodec.BYTES_MAX / 8 * 3;

    /** Enough for prompts of 32k tokens; one row in a hundred may be bad. */
    public static final RowLimits DEFAULTS = new RowLimits(131_072, 32_768, 0.01, 1 << 20);

    public RowLimits {
        check(maxPromptChars >= 1, "--max-prompt-chars", "1 or more", maxPromptChars);
        check(maxPromptTokens >= 1, "--max-prompt-tokens", "1 or more", maxPromptTokens);
        check(maxBadShare >= 0 && maxBadShare <= 1, "--bad-rows-max-share", "0 to 1", maxBadShare);
        check(maxRowBytes >= 1 && maxRowBytes <= ROW_BYTES_MAX, "max_row_bytes", "1 to " + ROW_BYTES_MAX, maxRowBytes);
    }

    private static void check(boolean holds, String name, String range, Number value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be " + range + ", was " + value);
        }
    }
}
