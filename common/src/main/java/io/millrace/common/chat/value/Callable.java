package io.millrace.common.chat.value;

import java.util.List;
import java.util.Map;

/** What a template can call. */
@FunctionalInterface
public interface Callable {
    Object call(List<Object> arguments, Map<String, Object> named);
}
