package io.millrace.common.http;

import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** When a server that has no room wants to be asked again. */
public final class RetryAfter {
    private RetryAfter() {}

    /** The header's seconds form, up to 999,999; null without it, and for its date form, which neither engines nor agents use. */
    public static @Nullable Duration of(HttpResponse<?> response) {
        String header = response.headers().firstValue("Retry-After").orElse("").strip();
        return header.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(header)) : null;
    }
}
