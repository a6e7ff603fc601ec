package io.millrace.ops.top;

import io.millrace.trainer.observe.RunView;
import org.jspecify.annotations.Nullable;

/**
 * What is drawn.
 *
 * @param nowMs of the broker's clock, gone on with while nothing was read
 * @param quietMs how long nothing was read of the run
 * @param trouble why nothing new comes; null while it does
 */
public record Seen(
        RunView view, long nowMs, long quietMs, @Nullable String trouble) {
    public static Seen of(RunView view, long quietMs, @Nullable String trouble) {
        return new Seen(view, view.nowMs() + quietMs, quietMs, trouble);
    }

    String since(@Nullable Long thenMs) {
        return Figures.since(nowMs, thenMs);
    }
}
