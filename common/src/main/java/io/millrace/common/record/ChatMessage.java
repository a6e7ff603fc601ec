package io.millrace.common.record;

/** One message of a chat prompt; text only. */
public record ChatMessage(String role, String content) {}
