package io.millrace.common.record;

import java.util.Objects;

/** One message of a chat prompt; text only. */
public record ChatMessage(String role, String content) {
    public ChatMessage {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
    }
}
