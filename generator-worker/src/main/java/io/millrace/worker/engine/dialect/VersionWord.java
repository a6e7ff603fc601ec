package io.millrace.worker.engine.dialect;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** An engine's own word for the version of its weights: a number that its trainer counts, or another name. */
public final class VersionWord {
    private VersionWord() {}

    /** Which of the run's versions a word means. Thread-safe. */
    @FunctionalInterface
    public interface Reading {
        /** @return none for no word and for one that is no version, such as "default" */
        OptionalLong version(@Nullable String word);

        /** The lineage whose versions these are. */
        default Lineage lineage() {
            return new Lineage(0);
        }

        /** What the trainer calls this version of the run. */
        default WeightVersion word(WeightVersion version) {
            return version;
        }

        /** An engine's answer had this word, or none, which is noted where it is a number and no version. */
        default void answered(@Nullable String word) {}
    }

    /** The number that the word is; none for no word and for words such as "default". */
    public static OptionalLong number(@Nullable String word) {
        return word != null && word.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(word)) : OptionalLong.empty();
    }
}
