package io.millrace.trainer.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One way in which an operation is answered.
 *
 * @param content by content type: the record that it is; null where it is none
 */
public record Answer(int status, String description, Map<String, @Nullable Class<?>> content) {
    static final String JSON = "application/json";
}
