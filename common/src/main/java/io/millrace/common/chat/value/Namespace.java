package io.millrace.common.chat.value;

import java.util.LinkedHashMap;
import java.util.Map;

/** An object whose fields a template sets. One owner. */
public final class Namespace {
    private final Map<String, Object> fields = new LinkedHashMap<>();

    public Namespace(Map<String, Object> fields) {
        this.fields.putAll(fields);
    }

    public void set(String name, Object value) {
        fields.put(name, value);
    }

    /** Undefined where it was not set. */
    public Object get(String name) {
        Object value = fields.get(name);
        return value == null ? new Undefined("the namespace's '" + name + "'") : value;
    }
}
