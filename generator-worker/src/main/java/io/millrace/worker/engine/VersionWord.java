package io.millrace.worker.engine;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** An engine's own word for the version of its weights; the trainer's number where it is one. */
public final class VersionWord {
    private VersionWord() {}

    /** The number; none for no word and for words such as SGLang's "default". */
    public static OptionalLong number(@Nullable String word) {
        return word != null && word.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(word)) : OptionalLong.empty();
    }
}
